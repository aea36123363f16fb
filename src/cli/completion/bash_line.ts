/**
 * A command line as bash reads it, up to the cursor, and words as bash wants them back.
 *
 * The line is taken apart here and not by bash: `COMP_WORDS` is cut at `:` and `=` as well, and keeps
 * the quotes. Nothing of it is ever evaluated.
 *
 * @module
 */

/** The last simple command of a line. */
export interface BashLine {
  /** The words before the one at the cursor, without their quotes, from the program's name on. */
  before: string[];
  current: {
    value: string;
    /** The quote that is open at the cursor. */
    quote: "" | "'" | '"';
  };
  /** The word at the cursor is the file of `>` or `<`. */
  isRedirection: boolean;
}

/** Reads a line up to the cursor. Substitutions are read as the characters that they are. */
export function readBashLine(line: string): BashLine {
  let before: string[] = [];
  let value = "";
  let isWord = false;
  let quote: "" | "'" | '"' = "";
  let isRedirection = false;
  const endWord = () => {
    if (!isWord) return;
    // `NAME=value ec2-connect`: the environment of a command is no part of it.
    const isAssignment = before.length === 0 && /^\w+=/.test(value);
    if (!isRedirection && !isAssignment) before.push(value);
    [value, isWord, isRedirection] = ["", false, false];
  };
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (quote === "'") {
      if (character === "'") quote = "";
      else value += character;
    } else if (character === "\\") {
      const next = line[++at];
      isWord = true;
      if (next === undefined || next === "\n") continue;
      value += quote === '"' && !'"$`\\'.includes(next) ? `\\${next}` : next;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else value += character;
    } else if (character === "'" || character === '"') {
      [quote, isWord] = [character, true];
    } else if (/\s/.test(character)) {
      endWord();
    } else if (/[<>]/.test(character)) {
      // The number of a file descriptor belongs to the sign.
      if (/^\d+$/.test(value)) [value, isWord] = ["", false];
      endWord();
      isRedirection = true;
    } else if (/[;|&()]/.test(character)) {
      endWord();
      // `>&2` and `&>` are one sign.
      if (character === "&" && (isRedirection || line[at + 1] === ">")) continue;
      [before, isRedirection] = [[], false];
    } else {
      value += character;
      isWord = true;
    }
  }
  return { before, current: { value, quote }, isRedirection };
}

/**
 * What bash is to put in place of `replaced`, the end of the line that it takes for the word at the
 * cursor.
 *
 * @returns For a candidate its text, undefined where it does not go on from what stands before `replaced`.
 */
export function bashReplacements(
  { line, replaced }: { line: string; replaced: string },
): (candidate: string) => string | undefined {
  const kept = line.endsWith(replaced) ? line.slice(0, line.length - replaced.length) : line;
  const { current: { value: start, quote } } = readBashLine(kept);
  const { current: { value: typed } } = readBashLine(line);
  return (candidate) =>
    candidate.startsWith(typed) ? quoteForBash(candidate.slice(start.length), quote) : undefined;
}

/** @param quote The quote that is open before the text; bash closes it after the text. */
export function quoteForBash(text: string, quote: "" | "'" | '"'): string {
  // Nearly all texts; the expression below takes ten times as long.
  if (/^[\w./-]*$/.test(text)) return text;
  switch (quote) {
    case "":
      return text.replace(/[^\p{L}\p{N}\p{M}_./:=@%+,-]/gu, "\\$&");
    case "'":
      return withLastQuote(text.replaceAll("'", "'\\''"), quote);
    case '"':
      // An exclamation mark asks for the history, and a backslash before it would stay.
      return withLastQuote(
        text.replace(/["$`\\]/g, "\\$&").replaceAll("!", "\"'!'\""),
        quote,
      );
  }
}

/** bash takes a quote at the end for the one that it would add. */
function withLastQuote(text: string, quote: string): string {
  return text.endsWith(quote) ? text + quote : text;
}
