import assert from "node:assert/strict";
import { encodeFlag, FLAG, parseFlag, ProtocolError } from "../../../src/protocol/mod.ts";
import { fromHex, toHex } from "../../support/hex.ts";

const CASES: [number, string][] = [
  [FLAG.disconnectToPort, "00000001"],
  [FLAG.terminateSession, "00000002"],
  [FLAG.connectToPortError, "00000003"],
  [0xfedc_ba98, "fedcba98"],
];

Deno.test("a flag is 4 bytes, big-endian", () => {
  for (const [value, hex] of CASES) {
    assert.equal(toHex(encodeFlag(value)), hex);
    assert.equal(parseFlag(fromHex(hex)), value);
    // Payloads are views into a frame.
    assert.equal(parseFlag(fromHex("ffffff" + hex + "ff").subarray(3, 7)), value);
  }
});

Deno.test("parseFlag() refuses any other length", () => {
  for (const hex of ["", "02", "000002", "0000000200"]) {
    assert.throws(() => parseFlag(fromHex(hex)), ProtocolError, hex);
  }
});
