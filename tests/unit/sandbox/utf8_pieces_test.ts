import assert from "node:assert/strict";
import fc from "fast-check";
import { Utf8Pieces } from "../../../src/sandbox/agent/utf8_pieces.ts";
import { fromHex, toHex, utf8 } from "../../support/hex.ts";

const strict = new TextDecoder("utf-8", { fatal: true });

/** Cuts bytes at places of a test's choice. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.byteLength + 1)))].sort((a, b) =>
    a - b
  );
  return [0, ...ends].map((from, i) => bytes.subarray(from, ends[i] ?? bytes.byteLength));
}

Deno.test("Utf8Pieces: text cut anywhere comes in pieces of whole characters (property)", () => {
  fc.assert(fc.property(
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.array(fc.nat(), { maxLength: 20 }),
    (text, places) => {
      const pieces = new Utf8Pieces();
      const parts = cut(utf8(text), places).map((each) => strict.decode(pieces.take(each)));
      assert.equal(parts.join(""), text);
    },
  ));
});

Deno.test("Utf8Pieces: any bytes pass in order; at most three wait at the end (property)", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(fc.nat(), { maxLength: 20 }),
    (bytes, places) => {
      const pieces = new Utf8Pieces();
      const passed = cut(bytes, places).flatMap((each) => [...pieces.take(each)]);
      assert.deepEqual(passed, [...bytes.subarray(0, passed.length)]);
      assert.ok(bytes.byteLength - passed.length <= 3);
    },
  ));
});

for (
  const [what, hex, passes] of [
    ["half a character waits", "61e282", "61"],
    ["a byte that begins nothing waits among the last three", "6180", "61"],
    ["and passes before them", "80616263", "80616263"],
    ["a surrogate is no character", "eda08061626364", "eda08061626364"],
    ["nor is a longer form than needed", "c0af61626364", "c0af61626364"],
    ["nor what is beyond the last one", "f490808061626364", "f490808061626364"],
  ] as const
) {
  Deno.test(`Utf8Pieces: ${what}`, () => {
    assert.equal(toHex(new Utf8Pieces().take(fromHex(hex))), passes);
  });
}
