/**
 * A completion as the scripts of the shells read it: the mode on the first line, then a candidate a line.
 *
 * Those of zsh, fish and PowerShell have their description after a tab, and quote words themselves. bash
 * gets what it is to insert, and shows it as it is.
 *
 * @module
 */
import { printable } from "../text.ts";
import { bashReplacements } from "./bash_line.ts";
import type { Completion } from "./candidate.ts";

/** What bash says of the completion that it wants. */
export interface BashRequest {
  /** The line up to the cursor. */
  line: string;
  /** The end of it that is to be replaced. */
  replaced: string;
  /** `COMP_TYPE`. */
  type: string;
  /** Width of the terminal. */
  columns: number;
}

/**
 * `COMP_TYPE`s that list candidates and insert none: `?`, `!`, `@`. Another one may put a description
 * into the line.
 *
 * Source: bash 5.2, Programmable Completion, COMP_TYPE.
 */
const LISTING = ["63", "33", "64"];

/** Columns that an unreadable width is taken for. */
const DEFAULT_COLUMNS = 80;
/** Below it there is no room for descriptions. */
const LEAST_ABOUT = 12;

export function answerForBash(completion: Completion, request: BashRequest): string {
  const replacement = bashReplacements(request);
  const words = completion.candidates.flatMap(({ value, about }) => {
    const text = replacement(value);
    return text === undefined ? [] : [{ text, about }];
  });
  if (words.length < 2 || !LISTING.includes(request.type)) {
    return [completion.mode, ...words.map(({ text }) => text), ""].join("\n");
  }
  const width = words.reduce((widest, { text }) => Math.max(widest, text.length), 0);
  const room = (request.columns || DEFAULT_COLUMNS) - width - "  ()".length - 1;
  const lines = words.map(({ text, about: raw }) => {
    const about = printable(raw);
    if (about === "" || room < LEAST_ABOUT) return text;
    return `${text.padEnd(width)}  (${
      about.length > room ? `${about.slice(0, room - 1)}…` : about
    })`;
  });
  return [completion.mode, ...lines, ""].join("\n");
}

/** For shells that know descriptions. `before` follows the mode: fish completes what comes after it. */
export function answerWithDescriptions({ mode, before, candidates }: Completion): string {
  const lines = candidates.map(({ value, about }) => `${value}\t${printable(about)}`);
  return [`${mode}\t${before}`, ...lines, ""].join("\n");
}
