import assert from "node:assert/strict";
import { askMfaCode } from "../../../src/cli/prompts.ts";
import { fakeContext, FakeIo, refusal } from "../../support/fake_io.ts";

Deno.test("askMfaCode() fails where nobody can be asked", async () => {
  for (const [isTerminal, input] of [[false, true], [true, false]] as const) {
    using context = fakeContext(new FakeIo({ isTerminal }), { globals: { input } });
    const error = await refusal(() => askMfaCode("arn:aws:iam::1:mfa/me", context));
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /MFA code of arn:aws:iam::1:mfa\/me/);
  }
});
