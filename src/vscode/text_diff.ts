/**
 * The difference of two texts as `diff -u` shows it.
 *
 * @module
 */

const CONTEXT_LINES = 3;

interface Edit {
  sign: " " | "-" | "+";
  line: string;
}

/**
 * @param options.before Name of the text before; both names stand in the head.
 * @returns No lines for equal texts.
 */
export function unifiedDiff(
  before: string,
  after: string,
  names: { before: string; after: string },
): string[] {
  if (before === after) return [];
  const edits = editsOf(linesOf(before), linesOf(after));
  const lines = [`--- ${names.before}`, `+++ ${names.after}`];
  const changed = edits.flatMap(({ sign }, at) => sign === " " ? [] : [at]);
  for (let first = 0; first < changed.length;) {
    let last = first;
    while (last + 1 < changed.length && changed[last + 1]! - changed[last]! <= 2 * CONTEXT_LINES) {
      last++;
    }
    const from = Math.max(0, changed[first]! - CONTEXT_LINES);
    const to = Math.min(edits.length, changed[last]! + CONTEXT_LINES + 1);
    lines.push(...hunk(edits, from, to));
    first = last + 1;
  }
  return lines;
}

function hunk(edits: readonly Edit[], from: number, to: number): string[] {
  const range = (other: Edit["sign"]) => {
    const count = (part: readonly Edit[]) => part.filter(({ sign }) => sign !== other).length;
    const [skipped, shown] = [count(edits.slice(0, from)), count(edits.slice(from, to))];
    return shown === 0 ? `${skipped},0` : `${skipped + 1}${shown === 1 ? "" : `,${shown}`}`;
  };
  const head = `@@ -${range("+")} +${range("-")} @@`;
  const body = edits.slice(from, to).flatMap(({ sign, line }) =>
    line.endsWith("\n") ? [sign + line.slice(0, -1)] : [sign + line, "\\ No newline at end of file"]
  );
  return [head, ...body];
}

/** With their line ends. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** By the longest common subsequence of what is between the common beginning and end. */
function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head && tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) tail++;
  const keep = (lines: readonly string[]): Edit[] => lines.map((line) => ({ sign: " ", line }));
  return [
    ...keep(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...keep(a.slice(a.length - tail)),
  ];
}

function middle(a: readonly string[], b: readonly string[]): Edit[] {
  // lengths[i][j]: of the longest common subsequence of a from i and b from j.
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i]![j] = a[i] === b[j]
        ? lengths[i + 1]![j + 1]! + 1
        : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const edits: Edit[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edits.push({ sign: " ", line: a[i++]! });
      j++;
    } else if (j === b.length || (i < a.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      edits.push({ sign: "-", line: a[i++]! });
    } else edits.push({ sign: "+", line: b[j++]! });
  }
  return edits;
}
