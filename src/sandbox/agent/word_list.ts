/**
 * Splits a command line into words as a shell would, without running anything of it.
 *
 * Source: what agent shell_unix.go does with the command of a session without a terminal: quotes,
 * backslashes and comments of the shell; no variables, patterns or operators.
 *
 * @module
 */

/** @throws {Error} When a quote or a backslash has no end. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  /** `undefined` between words: two quotes alone make an empty one. */
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i]!;
    if (/[ \t\r\n]/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === "#" && word === undefined) {
      while (i + 1 < line.length && line[i + 1] !== "\n") i++;
    } else if (letter === "'") {
      const end = line.indexOf("'", i + 1);
      if (end < 0) throw new Error("EOF found when expecting closing quote");
      word = (word ?? "") + line.slice(i + 1, end);
      i = end;
    } else if (letter === '"') {
      const quoted = readQuoted(line, i + 1);
      word = (word ?? "") + quoted.text;
      i = quoted.end;
    } else if (letter === "\\") {
      if (++i >= line.length) throw new Error("EOF found after escape character");
      word = (word ?? "") + line[i];
    } else {
      word = (word ?? "") + letter;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** What is between double quotes, where a backslash takes any letter's meaning. */
function readQuoted(line: string, from: number): { text: string; end: number } {
  let text = "";
  for (let i = from; i < line.length; i++) {
    const letter = line[i]!;
    if (letter === '"') return { text, end: i };
    if (letter !== "\\") text += letter;
    else if (++i < line.length) text += line[i];
    else throw new Error("EOF found after escape character");
  }
  throw new Error("EOF found when expecting closing quote");
}
