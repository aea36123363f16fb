/**
 * Closed ranges of whole numbers: blocks of addresses, ranges of ports.
 *
 * @module
 */

/** From `first` to `last`, both inside. Empty when `first` is above `last`. */
export interface Span {
  first: bigint;
  last: bigint;
}

/** How much of something a rule lets through. */
export type Coverage = "all" | "some" | "none";

export function containsSpan(outer: Span, inner: Span): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** How many numbers are in it. */
export function sizeOf({ first, last }: Span): bigint {
  return last < first ? 0n : last - first + 1n;
}

/**
 * The same numbers in smaller pieces, so that each piece is wholly inside or wholly outside of every
 * cutter: what a rule says of one number of a piece, it says of all.
 */
export function cutSpan(whole: Span, cutters: readonly Span[]): Span[] {
  const starts = new Set([whole.first]);
  for (const { first, last } of cutters) {
    for (const start of [first, last + 1n]) {
      if (whole.first < start && start <= whole.last) starts.add(start);
    }
  }
  if (sizeOf(whole) === 0n) return [];
  const sorted = [...starts].sort((a, b) => a < b ? -1 : 1);
  return sorted.map((first, index) => ({
    first,
    last: (sorted[index + 1] ?? whole.last + 1n) - 1n,
  }));
}

/** What is left of `whole` without what is in `holes`. */
export function subtractSpans(whole: Span, holes: readonly Span[]): Span[] {
  return cutSpan(whole, holes).filter((piece) => !holes.some((hole) => containsSpan(hole, piece)));
}

/** One word for many answers; `none` for no answer at all. */
export function coverageOf(answers: readonly boolean[]): Coverage {
  if (!answers.includes(true)) return "none";
  return answers.includes(false) ? "some" : "all";
}
