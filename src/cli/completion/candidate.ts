/**
 * What completion offers.
 *
 * @module
 */

/** One word that may stand at the cursor. */
export interface Candidate {
  /** The whole word, as the program is to get it: nothing of it is quoted. */
  value: string;
  /** One line about it. */
  about: string;
}

/** What the shell is to do. */
export interface Completion {
  /**
   * - `words`: offer the candidates.
   * - `files`: complete a path, of which `before` is no part.
   * - `programs`: complete the name of a program.
   */
  mode: "words" | "files" | "programs";
  candidates: readonly Candidate[];
  /** The beginning of the word at the cursor that belongs to an option: `--output=`. */
  before: string;
}

/** Nothing to offer. */
export const NOTHING: Completion = { mode: "words", candidates: [], before: "" };

/** What can be written on one line and be typed again. */
export function isTypable(value: string): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what this is about.
  return value !== "" && !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(value);
}
