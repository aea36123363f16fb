import assert from "node:assert/strict";
import fc from "fast-check";
import { unifiedDiff } from "../../../src/vscode/text_diff.ts";

const NAMES = { before: "a", after: "b" };

/** What `patch` would make of a text: every line of the difference is checked against it. */
function applied(text: string, diff: readonly string[]): string {
  const lines = text === "" ? [] : text.split(/(?<=\n)/);
  const out: string[] = [];
  let at = 0;
  for (const [index, line] of diff.entries()) {
    const [, start, count] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    if (start !== undefined) {
      const from = count === "0" ? Number(start) : Number(start) - 1;
      out.push(...lines.slice(at, from));
      at = from;
    } else if (index >= 2 && !line.startsWith("\\")) {
      const whole = line.slice(1) + (diff[index + 1]?.startsWith("\\") ? "" : "\n");
      if (line[0] !== "+") assert.equal(lines[at++], whole);
      if (line[0] !== "-") out.push(whole);
    }
  }
  return [...out, ...lines.slice(at)].join("");
}

Deno.test("a difference leads from one text to the other", () => {
  const text = fc.record({
    lines: fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 30 }),
    isEnded: fc.boolean(),
  }).map(({ lines, isEnded }) => lines.join("\n") + (isEnded && lines.length > 0 ? "\n" : ""));
  fc.assert(fc.property(text, text, (before, after) => {
    const diff = unifiedDiff(before, after, NAMES);
    assert.equal(applied(before, diff), after);
    assert.equal(diff.length === 0, before === after);
  }));
});

Deno.test("a difference looks as diff -u writes it", () => {
  const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", ""].join("\n");
  const after = before.replace("1\n", "0\n1\n").replace("12\n", "12");
  assert.deepEqual(unifiedDiff(before, after, NAMES), [
    "--- a",
    "+++ b",
    "@@ -1,3 +1,4 @@",
    "+0",
    " 1",
    " 2",
    " 3",
    "@@ -9,4 +10,4 @@",
    " 9",
    " 10",
    " 11",
    "-12",
    "+12",
    "\\ No newline at end of file",
  ]);
  assert.deepEqual(unifiedDiff("", "x\n", NAMES).slice(2), ["@@ -0,0 +1 @@", "+x"]);
});
