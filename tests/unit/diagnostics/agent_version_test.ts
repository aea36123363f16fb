import assert from "node:assert/strict";
import { compareVersions, isAbove, isAtLeast } from "../../../src/diagnostics/agent_version.ts";

Deno.test("versions compare by number, part by part", () => {
  const ascending = ["2.3.9.0", "2.3.68.0", "3.0.196.0", "3.0.196.1", "3.9.999.0", "3.10.0.0"];
  for (const [i, left] of ascending.entries()) {
    for (const [j, right] of ascending.entries()) {
      assert.equal(Math.sign(compareVersions(left, right)!), Math.sign(i - j), `${left} ${right}`);
    }
  }
  assert.equal(compareVersions("3.1", "3.1.0.0"), 0);
});

Deno.test("at least and above differ at the bound, and what is no version is neither", () => {
  assert.equal(isAtLeast("3.1.1374.0", "3.1.1374.0"), true);
  assert.equal(isAtLeast("3.1.1373.0", "3.1.1374.0"), false);
  assert.equal(isAbove("3.0.196.0", "3.0.196.0"), false);
  assert.equal(isAbove("3.0.196.1", "3.0.196.0"), true);
  for (const none of [undefined, "", "garbage", "3..1", "3.1-beta", "-1.0"]) {
    assert.equal(isAtLeast(none, "1.0"), undefined);
    assert.equal(isAbove(none, "1.0"), undefined);
  }
});
