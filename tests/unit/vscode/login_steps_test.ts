/**
 * What is made of logs that a real ssh is hard to bring to; those that it writes are in
 * `tests/e2e/vscode_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultUser } from "../../../src/vscode/default_user.ts";
import { judgeLogin, judgeName, type Step } from "../../../src/vscode/login_steps.ts";

const SETTINGS = new Map([
  ["user", "ubuntu"],
  ["hostname", "i-1"],
  ["port", "22"],
  ["proxycommand", "/bin/ec2-connect ssh-proxy %h %p"],
  ["userknownhostsfile", "/known"],
]);
const READY = "2026-11-24T20:00:00.000Z debug i-1:22: ready in 41 ms, session s, agent 3.3";
const BANNER = "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1";

function judge(
  lines: string[],
  { code = 255, isLate = false, proxy = SETTINGS.get("proxycommand")! } = {},
): { failed: Step | undefined; exitCode: number; steps: Step[] } {
  const { steps, exitCode } = judgeLogin(
    { code, stdout: "", stderr: lines.join("\r\n"), isLate },
    {
      host: "web",
      instanceId: "i-1",
      settings: new Map([...SETTINGS, ["proxycommand", proxy]]),
      timeoutS: 30,
    },
  );
  return { failed: steps.find(({ status }) => status === "failed"), exitCode, steps };
}

Deno.test("a session that does not open in time", () => {
  for (const lines of [[], ["Connection timed out during banner exchange"]]) {
    const { failed, exitCode } = judge(lines, { isLate: lines.length === 0 });
    assert.deepEqual([failed!.step, exitCode], ["session", 3]);
    assert.equal(failed!.detail, "No session within 30 s");
  }
});

Deno.test("an error of ours keeps its cause, its way out and its exit code", () => {
  const { failed, exitCode, steps } = judge([
    "debug1: Executing proxy command: exec /bin/ec2-connect ssh-proxy i-1 22",
    "error: Cannot open another session to i-1: 3 are open",
    "  cause: session.max_sessions_per_instance is 3",
    "  hint: End one",
    "2026-11-24T20:00:00.000Z debug exit code 5",
    "kex_exchange_identification: Connection closed by remote host",
  ]);
  assert.deepEqual(failed, {
    step: "session",
    status: "failed",
    detail: "Cannot open another session to i-1: 3 are open",
    cause: "session.max_sessions_per_instance is 3",
    hint: "End one",
  });
  assert.equal(exitCode, 5);
  assert.deepEqual(steps.map(({ status }) => status), [
    ...["ok", "ok", "failed", "skipped", "skipped", "skipped", "skipped"],
  ]);
});

Deno.test("a connection that is lost in the middle is the step that it was at", () => {
  const lost = ["error: The session to i-1:22 has ended: the connection was lost"];
  assert.equal(judge([READY, BANNER, ...lost]).failed!.step, "host_key");
  assert.equal(judge([READY, ...lost]).failed!.step, "session");
});

Deno.test("a login whose command fails, or does not end", () => {
  const login = [READY, BANNER, 'Authenticated to i-1 (via proxy) using "publickey".'];
  const failed = judge([...login, "This account is currently not available."], { code: 1 });
  assert.deepEqual([failed.failed!.step, failed.exitCode], ["command", 3]);
  assert.equal(failed.failed!.cause, "This account is currently not available.");
  const late = judge(login, { code: 143, isLate: true });
  assert.equal(late.failed!.detail, "true did not end within 60 s");
});

Deno.test("a refused key that was sent has other reasons than one of the user's", () => {
  const denied = [
    ...[READY, BANNER, "debug1: Offering public key: /key ED25519 SHA256:x explicit"],
    "ubuntu@i-1: Permission denied (publickey).",
  ];
  assert.match(judge(denied).failed!.hint!, /--identity-file/);
  const proxy = "/bin/ec2-connect ssh-proxy %h %p --push-key /key.pub --user %r";
  const { failed, exitCode } = judge(denied, { proxy });
  assert.match(failed!.hint!, /ec2-instance-connect is installed/);
  assert.deepEqual([failed!.detail, exitCode], ["ubuntu on i-1 does not take /key", 4]);
});

Deno.test("an ssh that is too old for an option says so", () => {
  const { failed, exitCode } = judge([
    'command-line line 0: unsupported option "accept-new".',
  ]);
  assert.deepEqual([failed!.step, exitCode], ["name", 2]);
  assert.match(failed!.hint!, /OpenSSH 7\.6/);
});

Deno.test("judgeName(): what else ssh would do is said", () => {
  assert.equal(judgeName(SETTINGS, "web"), undefined);
  const cause = (settings: [string, string][]) => judgeName(new Map(settings), "web")!.cause;
  assert.equal(cause([["hostname", "10.0.0.1"]]), "It would connect to 10.0.0.1 directly");
  assert.equal(cause([["proxyjump", "bastion"]]), "It would use bastion");
  assert.equal(cause([["proxycommand", "nc %h %p"]]), "It would use nc %h %p");
});

Deno.test("the user of a system", () => {
  assert.deepEqual(
    ["Ubuntu", "Debian GNU/Linux", "Amazon Linux", "Microsoft Windows Server 2022", "Plan 9"]
      .map(defaultUser),
    ["ubuntu", "admin", "ec2-user", "Administrator", undefined],
  );
});
