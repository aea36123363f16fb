/**
 * Keys for the program itself, as in ssh: a tilde at the beginning of a line, and one more.
 *
 * Pure. In what a terminal marks as pasted nothing is taken for such a key.
 *
 * @module
 */

/** What keys ask for. Bytes are for the shell. */
export type KeyEvent =
  | { type: "bytes"; bytes: Uint8Array<ArrayBuffer> }
  /** `~.` */
  | { type: "leave" }
  /** `~` and Ctrl-Z */
  | { type: "suspend" }
  /** `~?` */
  | { type: "help" };

const TILDE = 0x7e;
/**
 * Keys after which a line begins: Enter, Ctrl-J, and those that people press when nothing answers, Ctrl-C,
 * Ctrl-D and Ctrl-Z. ssh knows the first two.
 */
const LINE_ENDS: readonly number[] = [0x0d, 0x0a, 0x03, 0x04, 0x1a];
const ACTIONS: ReadonlyMap<number, Exclude<KeyEvent["type"], "bytes">> = new Map([
  [".".charCodeAt(0), "leave"],
  [0x1a, "suspend"],
  ["?".charCodeAt(0), "help"],
]);
/** What a terminal puts around a paste when the program in it has asked for that. */
const PASTE_BEGINS = "\x1b[200~";
const PASTE_ENDS = "\x1b[201~";

export class EscapeKeys {
  #isLineStart = true;
  #hasTilde = false;
  /** The last bytes, as long as a mark of a paste. */
  #recent = "";
  #isPasting = false;

  /** Takes keys as they come, in pieces of any length. */
  take(keys: Uint8Array): KeyEvent[] {
    const events: KeyEvent[] = [];
    let bytes: number[] = [];
    const flush = () => {
      if (bytes.length > 0) events.push({ type: "bytes", bytes: Uint8Array.from(bytes) });
      bytes = [];
    };
    for (const key of keys) {
      if (this.#hasTilde) {
        this.#hasTilde = false;
        const action = ACTIONS.get(key);
        if (action !== undefined) {
          flush();
          events.push({ type: action });
          this.#isLineStart = true;
          continue;
        }
        // Two tildes are one; any other key comes with the tilde that waited.
        bytes.push(TILDE);
        this.#isLineStart = false;
        if (key === TILDE) continue;
      } else if (key === TILDE && this.#isLineStart && !this.#isPasting) {
        this.#hasTilde = true;
        continue;
      }
      bytes.push(key);
      this.#note(key);
    }
    flush();
    return events;
  }

  #note(key: number): void {
    this.#isLineStart = LINE_ENDS.includes(key);
    this.#recent = (this.#recent + String.fromCharCode(key)).slice(-PASTE_BEGINS.length);
    if (this.#recent === PASTE_BEGINS) this.#isPasting = true;
    else if (this.#recent === PASTE_ENDS) this.#isPasting = false;
  }
}
