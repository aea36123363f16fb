/**
 * Commands without a terminal: real ones, of this machine. Each message is written by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { closingText, eventually } from "../support/port_client.ts";
import { needsPrograms } from "../support/needs_programs.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { ScriptedClient } from "../support/scripted_client.ts";
import {
  isRunning,
  openCommand,
  printed,
  received,
  receivedText,
  resize,
  SHELL_PAYLOAD,
  type,
} from "../support/shell_client.ts";

const NEEDS = needsPrograms("ps");

function test(
  name: string,
  fn: (test: TestSandbox) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox command: ${name}`, NEEDS, async () => {
    await using test = await openSandbox(options);
    await fn(test);
  });
}

const { output, stdErr, exitCode } = SHELL_PAYLOAD;

test("the handshake names the session's type and has no properties", async (test) => {
  const grant = await test.startSession({
    document: "AWS-StartNonInteractiveCommand",
    parameters: { command: ["true"] },
  });
  await using client = await ScriptedClient.open(grant);
  const request = await client.data(SHELL_PAYLOAD.handshakeRequest);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(request.payload)).RequestedClientActions, [{
    ActionType: "SessionType",
    ActionParameters: { SessionType: "NonInteractiveCommands", Properties: null },
  }]);
});

test("separate: both streams apart, then the exit code as the last message", async (test) => {
  const { client } = await openCommand(test, "sh -c 'echo out; echo err >&2; exit 7'", {
    separate: true,
  });
  await using _client = client;
  assert.equal(await closingText(client), "");
  assert.equal(receivedText(client, output), "out\n");
  assert.equal(receivedText(client, stdErr), "err\n");
  assert.equal(receivedText(client, exitCode), "EXIT_CODE: 7");
  const types = client.heard.flatMap((heard) =>
    heard.kind === "message" && heard.message.messageType === "output_stream_data"
      ? [heard.message.payloadType]
      : []
  );
  assert.equal(types.at(-1), exitCode);
  assert.deepEqual([test.session().mode, test.session().status], ["command", "Terminated"]);
});

test("merged: nothing before the end, both streams in one, and no exit code", async (test) => {
  const { client } = await openCommand(test, "sh -c 'echo 1; echo 2 >&2; echo 3; exit 7'");
  await using _client = client;
  assert.equal(await closingText(client), "");
  assert.equal(receivedText(client, output), "1\n2\n3\n");
  assert.equal(received(client, stdErr).byteLength + received(client, exitCode).byteLength, 0);
});

test("separate output comes as it is printed", async (test) => {
  const { client } = await openCommand(test, "sh -c 'echo first; sleep 1000'", { separate: true });
  await using _client = client;
  await printed(client, /first\n/);
  assert.equal(test.session().status, "Connected");
});

test("the command is split into words, not given to a shell", async (test) => {
  const line = `printf '[%s]' a "b c" 'd"e' f\\ g $HOME "x\\"y" * # comment`;
  const { client } = await openCommand(test, line, { separate: true });
  await using _client = client;
  await closingText(client);
  assert.equal(receivedText(client, output), `[a][b c][d"e][f g][$HOME][x"y][*]`);
});

test("it has no terminal, and no input", async (test) => {
  const { client } = await openCommand(test, "sh -c 'tty; cat; echo end'", { separate: true });
  await using _client = client;
  await type(client, "typed\r");
  await resize(client, 90, 30);
  await closingText(client);
  assert.equal(receivedText(client, output), "not a tty\nend\n");
});

for (const [key, name, status] of [["\x03", "INT", 40], ["\x1c", "QUIT", 41]] as const) {
  test(`0x${key.charCodeAt(0).toString(16)} among the input is SIG${name}`, async (test) => {
    const line = `sh -c 'trap "exit ${status}" ${name}; echo on; while :; do sleep 0.02; done'`;
    const { client } = await openCommand(test, line, { separate: true });
    await using _client = client;
    await printed(client, /on/);
    await type(client, `abc${key}`);
    await closingText(client);
    assert.equal(receivedText(client, exitCode), `EXIT_CODE: ${status}`);
  });
}

test("a command that a signal ends has exit code -1, as the agent counts", async (test) => {
  const { client } = await openCommand(test, "sleep 1000", { separate: true });
  await using _client = client;
  await eventually("it runs", () => test.session().mode === "command");
  const repeat = setInterval(() => type(client, "\x03"), 50);
  await closingText(client);
  clearInterval(repeat);
  assert.equal(receivedText(client, exitCode), "EXIT_CODE: -1");
});

for (
  const [line, text] of [
    ["no-such-program-1", 'exec: "no-such-program-1": executable file not found in $PATH'],
    ["/no/such/program -x", "fork/exec /no/such/program: no such file or directory"],
    ["/etc/passwd", "fork/exec /etc/passwd: permission denied"],
  ] as const
) {
  test(`"${line}" cannot be started: exit code, text on standard error, failure`, async (test) => {
    const { client } = await openCommand(test, line, { separate: true });
    await using _client = client;
    const expected = `Error occurred starting the command: ${text}\n`;
    assert.equal(await closingText(client), expected);
    assert.equal(receivedText(client, stdErr), expected);
    assert.equal(receivedText(client, exitCode), "EXIT_CODE: 1");
    assert.equal(test.session().status, "Failed");
  });
}

test("a quote without an end fails the session", async (test) => {
  const { client } = await openCommand(test, "echo 'oops");
  await using _client = client;
  assert.match(await closingText(client), /^Unable to start command: Failed to parse commands/);
});

test("prefixes stand before each piece that begins a line", async (test) => {
  const { client } = await openCommand(
    test,
    "sh -c 'printf a; sleep 0.1; echo b; sleep 0.1; echo c'",
    {
      separate: true,
      parameters: { stdoutSeparatorPrefix: ["OUT:"] },
    },
  );
  await using _client = client;
  await closingText(client);
  assert.equal(receivedText(client, output), "OUT:ab\nOUT:c\n");
});

for (const separate of [true, false]) {
  test(`a megabyte arrives whole (${separate ? "separate" : "merged"})`, async (test) => {
    const { client } = await openCommand(test, "seq 1 150000", { separate });
    await using _client = client;
    await closingText(client);
    const expected = Array.from({ length: 150_000 }, (_, i) => `${i + 1}\n`).join("");
    assert.ok(receivedText(client, output) === expected);
  });
}

test("what a command started is gone with the session", async (test) => {
  const { client, grant } = await openCommand(
    test,
    `sh -c 'trap "" HUP INT TERM; sleep 1000 & echo pids $$ $!; wait'`,
    { separate: true },
  );
  await using _client = client;
  const [, own, child] = await printed(client, /pids (\d+) (\d+)/);
  assert.ok(await isRunning(Number(own)) && await isRunning(Number(child)));
  await test.ssm("TerminateSession", { SessionId: grant.SessionId });
  await eventually(
    "both are gone",
    async () => !await isRunning(Number(own)) && !await isRunning(Number(child)),
  );
});

test("what a command leaves behind is gone when it ends", async (test) => {
  const { client } = await openCommand(
    test,
    "sh -c 'sleep 1000 >/dev/null 2>&1 & echo pid $!'",
    { separate: true },
  );
  await using _client = client;
  const [, left] = await printed(client, /pid (\d+)/);
  await closingText(client);
  await eventually("it is gone", async () => !await isRunning(Number(left)));
});

test(
  "separate output that the client is not there for is lost, as with the real agent",
  async (test) => {
    const line =
      "sh -c 'echo 1; while [ ! -e go ]; do sleep 0.02; done; echo 2; sleep 0.2; echo 3'";
    const { client, grant } = await openCommand(test, line, { separate: true });
    await printed(client, /1\n/);
    await client[Symbol.asyncDispose]();
    await eventually("the client is away", () => test.session().status === "Disconnected");
    const { client: helper } = await openCommand(test, "touch go", { separate: true });
    await closingText(helper);
    await helper[Symbol.asyncDispose]();
    await eventually("it has ended", () => test.session(grant.SessionId).status === "Failed");
    const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
    assert.equal(json.TokenValue, undefined);
  },
  { timing: { drainMs: 100 } },
);
