/**
 * Where a JSON text stops being JSON. The engine's own message gives no place for some mistakes.
 *
 * @module
 */

const SPACE = /[ \t\r\n]*/y;
const PUNCTUATION = /[{}[\],:]/y;
// deno-lint-ignore no-control-regex -- JSON forbids exactly these characters in a string.
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** What may come next. */
type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end" | "nothing";

/**
 * Offset of the first character that makes `text` no JSON.
 *
 * @returns The length of the text when it only ends too early, or is JSON.
 */
export function jsonErrorOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let offset = 0;
  const take = (token: RegExp): string | undefined => {
    token.lastIndex = offset;
    const found = token.exec(text)?.[0];
    if (found !== undefined) offset += found.length;
    return found;
  };
  while (true) {
    take(SPACE);
    const start = offset;
    const punctuation = take(PUNCTUATION);
    const string = punctuation === undefined ? take(STRING) : undefined;
    const scalar = punctuation ?? string ?? take(SCALAR);
    const next = nextExpected({ expected, punctuation, string, scalar, open });
    if (next === undefined) return start;
    expected = next;
  }
}

/** The state after one token, keeping `open` up to date; `undefined` when the token is wrong. */
function nextExpected(
  { expected, punctuation, string, scalar, open }: {
    expected: Expected;
    punctuation: string | undefined;
    string: string | undefined;
    scalar: string | undefined;
    open: string[];
  },
): Expected | undefined {
  const afterValue = (): Expected => open.length > 0 ? ", or end" : "nothing";
  const close = (bracket: string): Expected | undefined =>
    open.pop() === bracket ? afterValue() : undefined;
  switch (expected) {
    case "value or ]":
    case "value":
      if (expected === "value or ]" && punctuation === "]") return close("[");
      if (punctuation === "{" || punctuation === "[") {
        open.push(punctuation);
        return punctuation === "{" ? "key or }" : "value or ]";
      }
      return punctuation === undefined && scalar !== undefined ? afterValue() : undefined;
    case "key or }":
      if (punctuation === "}") return close("{");
      return string === undefined ? undefined : ":";
    case "key":
      return string === undefined ? undefined : ":";
    case ":":
      return punctuation === ":" ? "value" : undefined;
    case ", or end":
      if (punctuation === "}") return close("{");
      if (punctuation === "]") return close("[");
      if (punctuation !== ",") return undefined;
      return open.at(-1) === "{" ? "key" : "value";
    case "nothing":
      return undefined;
  }
}
