import assert from "node:assert/strict";
import { formatDuration } from "../../../src/cli/duration.ts";
import { tableLines } from "../../../src/cli/table.ts";

const COLUMNS = [{ title: "A" }, { title: "NAME", cutTo: 6 }, { title: "WHERE", cutTo: 4 }];
const ROWS = [["1", "a long name", "somewhere"], ["22", "b", "c\x1b[2J"]];

Deno.test("a table has columns, and nothing in it can steer the terminal", () => {
  assert.deepEqual(tableLines(COLUMNS, ROWS, undefined), [
    "A   NAME         WHERE",
    "1   a long name  somewhere",
    "22  b            c\\x1b[2J",
  ]);
});

Deno.test("what is too wide is cut from the last column that may be, and only as far as it may", () => {
  assert.deepEqual(tableLines(COLUMNS, ROWS, 22), [
    "A   NAME         WHERE",
    "1   a long name  some…",
    "22  b            c\\x1…",
  ]);
  assert.deepEqual(tableLines(COLUMNS, ROWS, 1), [
    "A   NAME    WHE…",
    "1   a lon…  som…",
    "22  b       c\\x…",
  ]);
});

Deno.test("a column that gives way first is cut before the last", () => {
  const columns = [{ title: "ID", cutTo: 3, cutFirst: true }, { title: "WHERE", cutTo: 4 }];
  const rows = [["abcdef", "somewhere"]];
  assert.deepEqual(tableLines(columns, rows, 14), ["ID   WHERE", "ab…  somewhere"]);
  assert.deepEqual(tableLines(columns, rows, 12), ["ID   WHERE", "ab…  somewh…"]);
});

Deno.test("durations show the two units that count", () => {
  const cases: [number, string][] = [
    [-1, "0s"],
    [59.9, "59s"],
    [60, "1m 00s"],
    [3_599, "59m 59s"],
    [3_600, "1h 00m"],
    [86_399, "23h 59m"],
    [90_000, "1d 01h"],
  ];
  for (const [seconds, wanted] of cases) assert.equal(formatDuration(seconds), wanted);
});
