import assert from "node:assert/strict";
import fc from "fast-check";
import { ScreenModes } from "../../../../src/cli/shell/screen_modes.ts";
import { utf8 } from "../../../support/hex.ts";

function after(output: string): string {
  const modes = new ScreenModes();
  modes.observe(utf8(output));
  return modes.undo;
}

/** As vi starts on xterm, shortened. */
const VI = "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[1;24r\x1b[?25l\x1b[?1000h~ text é";

Deno.test("ScreenModes: a full-screen program that never ended is cleaned up after", () => {
  assert.equal(after(VI), "\x1b[?1000l\x1b[?2004l\x1b[?1l\x1b[?1049l\x1b>\x1b[?25h");
  assert.equal(after("\x1b[?1002;1006h"), "\x1b[?1002l\x1b[?1006l");
});

Deno.test("ScreenModes: one that did needs nothing, nor does plain output", () => {
  assert.equal(after(`${VI}\x1b[?1000l\x1b[?2004l\x1b[?1l\x1b>\x1b[?1049l\x1b[?25h`), "");
  assert.equal(after("$ ls\r\nfile\r\n"), "");
  assert.equal(after("\x1b[31mred\x1b[0m \x1b[2J \x1b[?12h \x1b[1049h"), "");
});

Deno.test("ScreenModes: sequences may be cut anywhere", () => {
  const whole = utf8(VI);
  fc.assert(
    fc.property(fc.array(fc.nat(9)), (cuts) => {
      const modes = new ScreenModes();
      let offset = 0;
      for (const cut of [...cuts, Infinity]) {
        modes.observe(whole.subarray(offset, offset + cut));
        offset += cut;
      }
      assert.equal(modes.undo, after(VI));
    }),
  );
});
