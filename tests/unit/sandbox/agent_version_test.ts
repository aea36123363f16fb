import assert from "node:assert/strict";
import {
  agentHas,
  compareVersions,
  usesKeepAlive,
  usesMultiplexer,
} from "../../../src/sandbox/agent/version.ts";

for (
  const [left, right, sign] of [
    ["1.2.677.0", "1.2.331.0", 1],
    ["1.1.70", "1.1.70", 0],
    ["1.1.70", "1.1.70.0", -1],
    ["1.2.0.0", "1.1.70", 1],
    ["1.10.0.0", "1.9.0.0", 1],
    ["", "1.1.70", -1],
    ["1.2.x.0", "1.2.331.0", 1],
  ] as const
) {
  Deno.test(`compareVersions("${left}", "${right}") has sign ${sign}`, () => {
    assert.equal(Math.sign(compareVersions(left, right)), sign);
    assert.equal(Math.sign(compareVersions(right, left)), -sign + 0);
  });
}

Deno.test("agentHas() follows the version gates, each from the version after the named one", () => {
  assert.equal(agentHas("multiplexing", "3.0.196.0"), false);
  assert.equal(agentHas("multiplexing", "3.0.196.1"), true);
  assert.equal(agentHas("terminateFlag", "2.3.722.0"), false);
  assert.equal(agentHas("terminateFlag", "2.3.723.0"), true);
  assert.equal(agentHas("remoteHost", "3.1.1373.0"), false);
  assert.equal(agentHas("remoteHost", "3.1.1374.0"), true);
  assert.equal(agentHas("quietKeepAlive", "3.1.1511.0"), false);
  assert.equal(agentHas("quietKeepAlive", "3.1.1511.1"), true);
});

Deno.test("usesMultiplexer() needs both ends", () => {
  assert.equal(usesMultiplexer("3.3.1142.0", "1.1.70"), true);
  assert.equal(usesMultiplexer("3.3.1142.0", "1.1.69.9"), false);
  assert.equal(usesMultiplexer("2.3.722.0", "1.2.677.0"), false);
  assert.equal(usesMultiplexer("3.3.1142.0", ""), false);
});

Deno.test("usesKeepAlive() is off only between a new agent and a new client", () => {
  assert.equal(usesKeepAlive("3.3.1142.0", "1.2.331.1"), false);
  assert.equal(usesKeepAlive("3.3.1142.0", "1.2.331.0"), true);
  assert.equal(usesKeepAlive("3.1.1511.0", "1.2.677.0"), true);
});
