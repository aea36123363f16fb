import assert from "node:assert/strict";
import { parseChannelClosed, ProtocolError } from "../../../src/protocol/mod.ts";
import { utf8 } from "../../support/hex.ts";
import { ENVELOPE_VECTORS } from "../../testdata/envelope_vectors.ts";

Deno.test("parseChannelClosed() reads the reference's message: vector E", () => {
  assert.deepEqual(parseChannelClosed(ENVELOPE_VECTORS[4]!.message.payload), {
    sessionId: "user-0123456789abcdef0",
    output: "",
  });
});

Deno.test("parseChannelClosed() gives the agent's text in both forms, without its heading", () => {
  const cases: [string, string][] = [
    ["", ""],
    ["Session timed out", "Session timed out"],
    [
      "\n----------ERROR-------\nUnable to connect to specified port: refused",
      "Unable to connect to specified port: refused",
    ],
    [
      "----------ERROR-------\nEncountered error while initiating handshake. Timed out\n",
      "Encountered error while initiating handshake. Timed out",
    ],
    // Only a heading is taken off.
    ["first\n----------ERROR-------\nsecond", "first\n----------ERROR-------\nsecond"],
    ["-- ERROR --", "-- ERROR --"],
  ];
  for (const [output, wanted] of cases) {
    const payload = utf8(JSON.stringify({ SessionId: "s-1", Output: output }));
    assert.deepEqual(parseChannelClosed(payload), { sessionId: "s-1", output: wanted });
  }
});

Deno.test("parseChannelClosed() takes a message without Output, as the agent's own structure has it", () => {
  assert.deepEqual(parseChannelClosed(utf8('{"SessionId":"s-1"}')), {
    sessionId: "s-1",
    output: "",
  });
  assert.deepEqual(parseChannelClosed(utf8('{"Output":null}')), { sessionId: "", output: "" });
});

Deno.test("parseChannelClosed() refuses garbage", () => {
  for (const text of ["", "closed", "null", "[]"]) {
    assert.throws(() => parseChannelClosed(utf8(text)), ProtocolError, text);
  }
});
