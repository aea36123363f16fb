/**
 * How wide text is on a terminal, in columns.
 *
 * @module
 */

import stringWidth from "fast-string-width";

const ELLIPSIS = "…";
const PLAIN = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Columns that `text` takes: a CJK character or an emoji two, a combining mark none. */
export function displayWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** `text` in exactly `width` columns: cut with an ellipsis, or filled up with spaces. */
export function fitWidth(text: string, width: number): string {
  const cut = cutWidth(text, width);
  return cut + " ".repeat(width - displayWidth(cut));
}

/** `text` in at most `width` columns, cut with an ellipsis. */
export function cutWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  if (PLAIN.test(text)) return text.slice(0, width - 1) + ELLIPSIS;
  return takeWidth(splitGraphemes(text), width - 1) + ELLIPSIS;
}

/** The end of `text` in at most `width` columns: what was typed last stays in sight. */
export function tailOfWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  const backwards = splitGraphemes(text).toReversed();
  const taken = takeWidth(backwards, width - 1);
  return ELLIPSIS + splitGraphemes(taken).toReversed().join("");
}

/** What a person takes for one character each. */
export function splitGraphemes(text: string): string[] {
  return [...graphemes.segment(text)].map(({ segment }) => segment);
}

function takeWidth(parts: readonly string[], width: number): string {
  let taken = "";
  let left = width;
  for (const part of parts) {
    left -= displayWidth(part);
    if (left < 0) break;
    taken += part;
  }
  return taken;
}
