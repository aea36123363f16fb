import assert from "node:assert/strict";
import { agentFeatures, CLIENT_VERSION, isVersionAbove } from "../../../src/protocol/mod.ts";

Deno.test("isVersionAbove() is strict, numeric and wants equally many parts", () => {
  const cases: [string, string, boolean][] = [
    ["1.0.0.1", "1.0.0.0", true],
    ["1.0.0.0", "1.0.0.0", false],
    ["1.0.0.0", "1.0.0.1", false],
    ["1.0.10.0", "1.0.9.0", true],
    ["2.0.0.0", "1.9.9.9", true],
    ["1.9.9.9", "2.0.0.0", false],
    ["1.01.0.0", "1.1.0.0", false],
    ["2.0.0", "1.0.0.0", false],
    ["2.0.0.0.0", "1.0.0.0", false],
    ["2", "1", true],
    ["2.0.0.x", "1.0.0.0", false],
    ["2.0.0.0-beta", "1.0.0.0", false],
    ["v2.0.0.0", "1.0.0.0", false],
    ["2.0.0.", "1.0.0.0", false],
    ["2..0.0", "1.0.0.0", false],
    ["2.0.0.-1", "1.0.0.0", false],
    ["2.0.0. 1", "1.0.0.0", false],
    ["2.0.0.0", "1.0.0.x", false],
    ["", "", false],
    ["", "1.0.0.0", false],
  ];
  for (const [version, than, wanted] of cases) {
    assert.equal(isVersionAbove(version, than), wanted, `${version} above ${than}`);
  }
});

type Gate = keyof ReturnType<typeof agentFeatures>;

Deno.test("agentFeatures() opens each gate right above its version", () => {
  const gates: [Gate, { last: string; first: string; before: boolean }][] = [
    ["hasTerminateFlag", { last: "2.3.722.0", first: "2.3.722.1", before: false }],
    ["hasMultiplexing", { last: "3.0.196.0", first: "3.0.196.1", before: false }],
    ["needsSmuxKeepAlive", { last: "3.1.1511.0", first: "3.1.1511.1", before: true }],
    // Here the version itself has it.
    ["hasRemoteHost", { last: "3.1.1373.0", first: "3.1.1374.0", before: false }],
  ];
  for (const [gate, { last, first, before }] of gates) {
    assert.equal(agentFeatures("0.0.0.0")[gate], before, `${gate} 0.0.0.0`);
    assert.equal(agentFeatures(last)[gate], before, `${gate} ${last}`);
    assert.equal(agentFeatures(first)[gate], !before, `${gate} ${first}`);
    assert.equal(agentFeatures("3.3.1142.0")[gate], !before, `${gate} 3.3.1142.0`);
  }
});

Deno.test("agentFeatures() takes an agent whose version cannot be compared for an old one", () => {
  for (const version of ["", "3.3.1142", "3.3.1142.0.1", "latest", "3.3.x.0", "3,3,1142,0"]) {
    assert.deepEqual(agentFeatures(version), {
      hasMultiplexing: false,
      hasTerminateFlag: false,
      needsSmuxKeepAlive: true,
      hasRemoteHost: false,
    }, version);
  }
});

Deno.test("CLIENT_VERSION makes every agent multiplex without keep-alive and hold back advice", () => {
  assert.match(CLIENT_VERSION, /^\d+\.\d+\.\d+\.\d+$/);
  // Source: agent port.go, port_mux.go and datachannel.go: the versions it compares a client with.
  for (const gate of ["1.1.69.9999", "1.2.331.0", "1.2.295.0"]) {
    assert.ok(isVersionAbove(CLIENT_VERSION, gate), gate);
  }
});
