// deno-lint-ignore-file no-control-regex -- control characters are what this is about.
/**
 * What a terminal sends in raw mode, as keys.
 *
 * @module
 */

/** A key that does something, or text that was typed or pasted. */
export type Key =
  | { name: "text"; text: string }
  | { name: KeyName | `ctrl-${string}` | "other" };

type KeyName =
  | "up"
  | "down"
  | "left"
  | "right"
  | "home"
  | "end"
  | "page-up"
  | "page-down"
  | "insert"
  | "delete"
  | "enter"
  | "tab"
  | "shift-tab"
  | "backspace"
  | "escape";

/**
 * Source: ECMA-48 control sequences, as xterm ("XTerm Control Sequences", PC-style function keys), the
 * Linux console and tmux send them.
 */
const SEQUENCES: Readonly<Record<string, KeyName>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[F": "end",
  "[H": "home",
  "[Z": "shift-tab",
  "[1~": "home",
  "[2~": "insert",
  "[3~": "delete",
  "[4~": "end",
  "[5~": "page-up",
  "[6~": "page-down",
  "[7~": "home",
  "[8~": "end",
  "OA": "up",
  "OB": "down",
  "OC": "right",
  "OD": "left",
  "OF": "end",
  "OH": "home",
  "OM": "enter",
};

const CONTROLS: Readonly<Record<string, KeyName>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\b": "backspace",
  "\x7f": "backspace",
};

const WHOLE_SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])/;
const BEGUN_SEQUENCE = /^\x1b(?:\[[0-?]{0,32}[ -/]{0,4}|O)?$/;
const TEXT = /^[^\x00-\x1f\x7f-\x9f]+/;

/** Keeps the beginning of a sequence whose end has not arrived yet. */
export class KeyDecoder {
  readonly #bytes = new TextDecoder();
  #rest = "";

  /** The keys of what was read. */
  push(bytes: Uint8Array): Key[] {
    this.#rest += this.#bytes.decode(bytes, { stream: true });
    return this.#take();
  }

  /** An escape has come and nothing yet that says whether it is the key or begins a sequence. */
  get isUndecided(): boolean {
    return this.#rest !== "";
  }

  /** Nothing has followed in time: it was the key. */
  decide(): Key[] {
    const [first, rest] = [this.#rest.slice(0, 1), this.#rest.slice(1)];
    this.#rest = "";
    if (first === "") return [];
    return rest === "" ? [{ name: "escape" }] : [{ name: "other" }];
  }

  #take(): Key[] {
    const keys: Key[] = [];
    while (this.#rest !== "" && !BEGUN_SEQUENCE.test(this.#rest)) {
      const [key, length] = firstKey(this.#rest);
      keys.push(key);
      this.#rest = this.#rest.slice(length);
    }
    return keys;
  }
}

function firstKey(input: string): [key: Key, length: number] {
  const sequence = WHOLE_SEQUENCE.exec(input)?.[0];
  if (sequence !== undefined) {
    return [{ name: SEQUENCES[sequence.slice(1)] ?? "other" }, sequence.length];
  }
  // Escape twice is the key once; before anything else it is Alt, which means nothing here.
  if (input[0] === "\x1b") {
    return input[1] === "\x1b" ? [{ name: "escape" }, 1] : [{ name: "other" }, 2];
  }
  const text = TEXT.exec(input)?.[0];
  if (text !== undefined) return [{ name: "text", text }, text.length];
  const code = input.charCodeAt(0);
  const control = CONTROLS[input[0]!];
  if (control !== undefined) return [{ name: control }, 1];
  if (code >= 1 && code <= 26) return [{ name: `ctrl-${String.fromCharCode(96 + code)}` }, 1];
  return [{ name: "other" }, 1];
}
