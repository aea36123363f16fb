import assert from "node:assert/strict";
import fc from "fast-check";
import { EscapeKeys, type KeyEvent } from "../../../../src/cli/shell/escape_keys.ts";
import { utf8 } from "../../../support/hex.ts";

/** Bytes as text, anything else in angle brackets; neighbouring bytes as one. */
function shown(events: readonly KeyEvent[]): string {
  return events.map((event) =>
    event.type === "bytes" ? new TextDecoder("latin1").decode(event.bytes) : `<${event.type}>`
  ).join("");
}

function typed(keys: string): string {
  return shown(new EscapeKeys().take(utf8(keys)));
}

Deno.test("EscapeKeys: a tilde and a key at the beginning of a line", () => {
  const cases: [keys: string, meant: string][] = [
    ["~.", "<leave>"],
    ["~?", "<help>"],
    ["~\x1a", "<suspend>"],
    ["~~", "~"],
    ["ls\r~.", "ls\r<leave>"],
    ["ls\n~.", "ls\n<leave>"],
    ["\r~~/bin\r", "\r~/bin\r"],
    ["~?~.", "<help><leave>"],
    ["\x1a", "\x1a"],
    ["sleep\x03~.", "sleep\x03<leave>"],
    ["\x04~?", "\x04<help>"],
  ];
  for (const [keys, meant] of cases) assert.equal(typed(keys), meant, JSON.stringify(keys));
});

Deno.test("EscapeKeys: anywhere else a tilde is one", () => {
  const same = ["cd ~/src\r", "a~.", "a~~", "~/bin\r", "~a~.", "~a\r", " ~.", "é~.", "\x1b~."];
  for (const keys of same) {
    assert.equal(typed(keys), new TextDecoder("latin1").decode(utf8(keys)), JSON.stringify(keys));
  }
});

Deno.test("EscapeKeys: a tilde waits for the next key, and is not lost", () => {
  const keys = new EscapeKeys();
  assert.deepEqual(keys.take(utf8("~")), []);
  assert.equal(shown(keys.take(utf8("l"))), "~l");
  assert.equal(shown(keys.take(utf8("\r~"))), "\r");
  assert.equal(shown(keys.take(utf8("\r"))), "~\r");
  assert.equal(shown(keys.take(utf8("~"))), "");
  assert.equal(shown(keys.take(utf8("."))), "<leave>");
});

Deno.test("EscapeKeys: in a paste that the terminal marks nothing is a key for us", () => {
  const paste = "\x1b[200~first\r~.\r~~~\r~?\x1b[201~";
  assert.equal(typed(paste), paste);
  assert.equal(typed(`${paste}\r~.`), `${paste}\r<leave>`);
});

Deno.test("EscapeKeys: however the keys are cut, the same is meant", () => {
  const key = fc.constantFrom(..."~.?~a\r\n\x1a\x03", "\x1b[200~", "\x1b[201~", "x~");
  fc.assert(
    fc.property(fc.array(key), fc.array(fc.nat(8)), (parts, cuts) => {
      const all = utf8(parts.join(""));
      const keys = new EscapeKeys();
      const events: KeyEvent[] = [];
      let offset = 0;
      for (const cut of [...cuts, Infinity]) {
        events.push(...keys.take(all.subarray(offset, offset + cut)));
        offset += cut;
      }
      assert.equal(shown(events), typed(parts.join("")));
    }),
  );
});
