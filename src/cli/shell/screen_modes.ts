/**
 * What programs on the instance have changed about the terminal, so that it can be undone when the
 * session ends in the middle of one of them.
 *
 * Pure. Source: xterm's control sequences, "DEC Private Mode Set" (CSI ? n h) and "Reset" (CSI ? n l).
 *
 * @module
 */

/** Modes that disturb whoever comes after, in the order in which they are undone; off by default. */
const OFF_BY_DEFAULT: readonly number[] = [
  // Mouse: clicks arrive as keys.
  ...[9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015],
  // Bracketed paste, cursor keys of applications.
  ...[2004, 1],
  // The alternate screen.
  ...[47, 1047, 1049],
];
/** The cursor; on by default. */
const CURSOR = 25;
/** Longer than any sequence that is looked for. */
const LONGEST = 64;
const ESCAPE = 0x1b;

export class ScreenModes {
  readonly #on = new Set<number>();
  #isCursorHidden = false;
  #isKeypadOfApplication = false;
  /** The beginning of a sequence whose end has not come yet. */
  #pending = "";

  /** Takes what is written to the terminal, in pieces of any length. */
  observe(bytes: Uint8Array): void {
    // Most output has no sequence in it at all.
    if (this.#pending === "" && !bytes.includes(ESCAPE)) return;
    const text = this.#pending + String.fromCharCode(...bytes);
    // deno-lint-ignore no-control-regex -- the control character is what is looked for
    for (const [, modes, end, keypad] of text.matchAll(/\x1b(?:\[\?([\d;]+)([hl])|([=>]))/g)) {
      if (keypad !== undefined) this.#isKeypadOfApplication = keypad === "=";
      else for (const mode of modes!.split(";")) this.#set(Number(mode), end === "h");
    }
    // deno-lint-ignore no-control-regex -- as above
    this.#pending = /\x1b(?:\[(?:\?[\d;]*)?)?$/.exec(text.slice(-LONGEST))?.[0] ?? "";
  }

  /** What brings the terminal back to where a command line expects it; empty when it is there. */
  get undo(): string {
    const modes = OFF_BY_DEFAULT.filter((mode) => this.#on.has(mode));
    return modes.map((mode) => `\x1b[?${mode}l`).join("") +
      (this.#isKeypadOfApplication ? "\x1b>" : "") +
      (this.#isCursorHidden ? `\x1b[?${CURSOR}h` : "");
  }

  #set(mode: number, isOn: boolean): void {
    if (mode === CURSOR) this.#isCursorHidden = !isOn;
    else if (!OFF_BY_DEFAULT.includes(mode)) return;
    else if (isOn) this.#on.add(mode);
    else this.#on.delete(mode);
  }
}
