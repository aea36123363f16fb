/**
 * A command line as the agent splits it into words.
 *
 * Pure. Source: agent session/shell/shell.go, which splits as a POSIX shell does and expands nothing.
 *
 * @module
 */

import { quoteForShell } from "../../platform/mod.ts";

/**
 * One word is passed as it was written, so that its spaces separate and its own quotes count; of several
 * each arrives as it is.
 */
export function commandText(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : words.map(quoteForShell).join(" ");
}
