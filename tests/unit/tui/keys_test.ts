import assert from "node:assert/strict";
import fc from "fast-check";
import { type Key, KeyDecoder } from "../../../src/tui/keys.ts";

const encoder = new TextEncoder();

/** The keys of `pieces`, each read by itself. */
function keysOf(...pieces: (string | Uint8Array)[]): string[] {
  const decoder = new KeyDecoder();
  const keys = pieces.flatMap((piece) =>
    decoder.push(typeof piece === "string" ? encoder.encode(piece) : piece)
  );
  return keys.map(name);
}

function name(key: Key): string {
  return key.name === "text" ? `"${key.text}"` : key.name;
}

Deno.test("keys that move, in the spellings of several terminals", () => {
  assert.deepEqual(keysOf("\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H\x1bOF\x1b[7~\x1b[4~"), [
    "up",
    "down",
    "page-up",
    "page-down",
    "home",
    "end",
    "home",
    "end",
  ]);
});

Deno.test("text and control characters of one read are told apart", () => {
  assert.deepEqual(keysOf("we b\x7f\x15\x03\r\n\t\x1b[Z"), [
    '"we b"',
    "backspace",
    "ctrl-u",
    "ctrl-c",
    "enter",
    "enter",
    "tab",
    "shift-tab",
  ]);
});

Deno.test("keys without a meaning here do not become text", () => {
  assert.deepEqual(keysOf("\x1b[15~\x1b[1;5C\x1bx\x00\x1f\x9b"), Array(6).fill("other"));
});

Deno.test("a character and a sequence may come in pieces", () => {
  const [first, second] = [encoder.encode("数").subarray(0, 2), encoder.encode("数").subarray(2)];
  assert.deepEqual(keysOf(first, second), ['"数"']);
  assert.deepEqual(keysOf("\x1b", "[", "1;5", "C", "\x1b[", "A"), ["other", "up"]);
});

Deno.test("escape is a key when nothing follows", () => {
  const decoder = new KeyDecoder();
  assert.deepEqual(decoder.push(encoder.encode("a\x1b")).map(name), ['"a"']);
  assert.ok(decoder.isUndecided);
  assert.deepEqual(decoder.decide().map(name), ["escape"]);
  assert.ok(!decoder.isUndecided);
  assert.deepEqual(decoder.push(encoder.encode("\x1b\x1b")).map(name), ["escape"]);
  assert.deepEqual(decoder.decide().map(name), ["escape"]);
  assert.deepEqual(decoder.push(encoder.encode("\x1b[")), []);
  assert.deepEqual(decoder.decide().map(name), ["other"], "a sequence that broke off");
});

Deno.test("any bytes in any pieces give keys without control characters, and end", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 }), (pieces) => {
      const decoder = new KeyDecoder();
      for (const piece of pieces) {
        for (const key of decoder.push(piece)) {
          if (key.name === "text") assert.doesNotMatch(key.text, /\p{Cc}/u);
        }
      }
      decoder.decide();
      assert.ok(!decoder.isUndecided);
    }),
  );
});
