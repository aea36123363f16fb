import assert from "node:assert/strict";
import type { Instance } from "../../../src/aws/mod.ts";
import { askMfaCode, instanceRows, matches } from "../../../src/cli/prompts.ts";
import { fakeContext, FakeIo, refusal } from "../../support/fake_io.ts";

function instance(partial: Partial<Instance>): Instance {
  return {
    instanceId: "i-0123456789abcdef0",
    name: undefined,
    state: "running",
    privateIp: undefined,
    privateDns: undefined,
    platform: "linux",
    instanceType: undefined,
    vpcId: undefined,
    subnetId: undefined,
    tags: {},
    ...partial,
  };
}

Deno.test("instanceRows() lines the facts up, without control characters", () => {
  assert.deepEqual(
    instanceRows([
      instance({ name: "web", privateIp: "10.0.0.5" }),
      instance({ name: "database\x1b[2J", state: "stopped", platform: "windows" }),
    ]),
    [
      "web              i-0123456789abcdef0  running  linux    10.0.0.5",
      "database\\x1b[2J  i-0123456789abcdef0  stopped  windows  -",
    ],
  );
  assert.deepEqual(instanceRows([]), []);
});

Deno.test("matches() wants every word, in any order and case", () => {
  const row = "Web-1  i-0123456789abcdef0  running  linux  10.0.0.5";
  for (const term of ["", "web", "WEB 10.0", "running web"]) assert.ok(matches(row, term), term);
  for (const term of ["db", "web stopped"]) assert.ok(!matches(row, term), term);
});

Deno.test("askMfaCode() fails where nobody can be asked", async () => {
  for (const [isTerminal, input] of [[false, true], [true, false]] as const) {
    using context = fakeContext(new FakeIo({ isTerminal }), { globals: { input } });
    const error = await refusal(() => askMfaCode("arn:aws:iam::1:mfa/me", context));
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /MFA code of arn:aws:iam::1:mfa\/me/);
  }
});
