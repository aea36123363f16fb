/**
 * The picker as state, keys and lines; there is no terminal.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Picker, type PickerEnd, type PickerLook, pickerRow } from "../../../src/tui/mod.ts";
import type { Key } from "../../../src/tui/keys.ts";
import { displayWidth } from "../../../src/tui/text_width.ts";

const COLUMNS = [
  { title: "NAME" },
  { title: "ID", leavesFirst: 4 },
  { title: "STATE", leavesFirst: 12 },
];

function row(name: string, id: string, state = "running") {
  const isRunning = state === "running";
  return pickerRow({
    id,
    cells: [name, id, state],
    keys: [name, id],
    alsoFoundBy: [`host-${id}.internal`],
    isDim: !isRunning,
    refusal: isRunning ? undefined : `${name} is ${state}`,
  });
}

const ROWS = [
  row("bastion", "i-1"),
  row("web-10", "i-2"),
  row("web-1", "i-3"),
  row("db", "i-4", "stopped"),
  row("my web", "i-5"),
];

function picker({ isMulti = false, rows = ROWS } = {}): Picker {
  const made = new Picker({
    question: "Connect to",
    columns: COLUMNS,
    isMulti,
    enterDoes: "picks",
  });
  made.setRows(rows);
  return made;
}

/** Presses keys by name; what is in quotes is typed. @returns What the last one led to. */
function press(target: Picker, ...keys: string[]): PickerEnd | undefined {
  let end: PickerEnd | undefined;
  for (const key of keys) {
    end = target.onKey(
      key.startsWith('"') ? { name: "text", text: key.slice(1, -1) } : { name: key } as Key,
    );
  }
  return end;
}

function screen(target: Picker, { columns = 60, rows = 12 } = {}): string[] {
  return target.render({ columns, rows, paint: (text) => text }).lines;
}

/** The names on the screen, `>` before the active one. */
function list(target: Picker, rows = 12): string[] {
  return screen(target, { rows }).slice(2, -2).map((line) =>
    line.replace(/^ +/, "").split("  ")[0]!
  );
}

Deno.test("everything is shown, the first row active", () => {
  assert.deepEqual(screen(picker()), [
    "Connect to: ",
    "  NAME     ID   STATE",
    "> bastion  i-1  running",
    "  web-10   i-2  running",
    "  web-1    i-3  running",
    "  db       i-4  stopped",
    "  my web   i-5  running",
    "5",
    "Enter picks, Esc leaves, type to search",
  ]);
});

Deno.test("words are searched in any order and case, over all columns and what is not shown", () => {
  const target = picker();
  press(target, '"RUN we"');
  assert.deepEqual(list(target), ["> web-10", "web-1", "my web"]);
  press(target, "ctrl-u", '"host-i-4"');
  assert.deepEqual(list(target), ["> db"]);
  press(target, "ctrl-u", '"  "');
  assert.equal(list(target).length, 5, "blanks search for nothing");
});

Deno.test("who is named comes first, then whose name begins so; the rest keeps its order", () => {
  const target = picker();
  press(target, '"web-1"');
  assert.deepEqual(list(target), ["> web-1", "web-10"]);
  press(target, "backspace", "backspace");
  assert.deepEqual(list(target), ["> web-10", "web-1", "my web"]);
  press(target, "ctrl-u", '"i-5"');
  assert.deepEqual(press(target, "enter"), { chosen: ["i-5"] });
});

Deno.test("characters that look the same are the same", () => {
  const target = picker({ rows: [row("cafe\u0301", "i-1")] });
  press(target, '"CAF\u00c9"');
  assert.deepEqual(list(target), ["> cafe\u0301"]);
});

Deno.test("escape clears the search, then leaves; Ctrl-C leaves at once, Ctrl-D from an empty line", () => {
  const target = picker();
  assert.equal(press(target, '"web"', "escape"), undefined);
  assert.equal(list(target).length, 5);
  assert.deepEqual(press(target, "escape"), { left: true });
  assert.deepEqual(press(picker(), '"web"', "ctrl-c"), { left: true });
  assert.equal(press(picker(), '"web"', "ctrl-d"), undefined);
  assert.deepEqual(press(picker(), "ctrl-d"), { left: true });
});

Deno.test("what cannot be chosen says why, until the next key", () => {
  const target = picker();
  press(target, '"db"');
  assert.equal(press(target, "enter"), undefined);
  assert.equal(screen(target).at(-1), "db is stopped");
  press(target, "backspace");
  assert.match(screen(target).at(-1)!, /^Enter picks/);
});

Deno.test("nothing that fits cannot be chosen", () => {
  const target = picker();
  press(target, '"nothing"');
  assert.deepEqual(list(target), ["Nothing fits"]);
  assert.equal(press(target, "enter"), undefined);
  assert.equal(screen(target).at(-1), "Nothing fits");
  const empty = picker({ rows: [] });
  empty.status = "looking…";
  assert.equal(press(empty, "enter"), undefined);
  assert.deepEqual(screen(empty).slice(2), ["looking…", "There is nothing to choose yet"]);
});

Deno.test("a careful list does not take an Enter that was pressed before it was to be seen", () => {
  const target = new Picker({
    question: "Terminate",
    columns: COLUMNS,
    isMulti: true,
    enterDoes: "terminates",
    isCareful: true,
  });
  target.setRows(ROWS);
  assert.equal(press(target, "enter"), undefined);
  assert.equal(screen(target).at(-1), "Enter again terminates");
  assert.deepEqual(press(target, "enter"), { chosen: ["i-1"] });
});

Deno.test("words and letters are taken back, a letter with all its marks", () => {
  const target = picker();
  press(target, '"web pro"', "ctrl-w");
  assert.equal(screen(target)[0], "Connect to: web ");
  press(target, "ctrl-u", '"xe\u0301"', "backspace");
  assert.equal(screen(target)[0], "Connect to: x");
});

const MANY = Array.from({ length: 100 }, (_, n) => row(`n${n}`, `i-${n}`));

Deno.test("the list scrolls with the active row, by lines, pages and to the ends", () => {
  const target = picker({ rows: MANY });
  assert.deepEqual(list(target, 8), ["> n0", "n1", "n2", "n3"]);
  press(target, "down", "down", "down", "down");
  assert.deepEqual(list(target, 8), ["n1", "n2", "n3", "> n4"]);
  press(target, "page-down");
  assert.deepEqual(list(target, 8), ["n5", "n6", "n7", "> n8"]);
  press(target, "up", "end");
  assert.deepEqual(list(target, 8), ["n96", "n97", "n98", "> n99"]);
  press(target, "down", "page-up");
  assert.deepEqual(list(target, 8), ["> n95", "n96", "n97", "n98"]);
  press(target, "home", "up");
  assert.deepEqual(list(target, 8), ["> n0", "n1", "n2", "n3"]);
});

Deno.test("a screen that grows is filled, one that shrinks keeps the active row", () => {
  const target = picker({ rows: MANY });
  press(target, "end");
  assert.equal(list(target, 24).length, 20);
  assert.equal(list(target, 24).at(-1), "> n99");
  assert.deepEqual(list(target, 8), ["n96", "n97", "n98", "> n99"]);
  for (let rows = 1; rows < 10; rows++) {
    const lines = screen(target, { rows });
    assert.ok(lines.length <= rows);
    if (rows > 2) assert.ok(lines.some((line) => line.startsWith("> n99")), `${rows} rows`);
  }
});

Deno.test("of thousands of rows only those on the screen are drawn", () => {
  let drawn = 0;
  const rows = Array.from({ length: 5_000 }, (_, n) => {
    const { cells, ...rest } = row(`n${n}`, `i-${n}`);
    return {
      ...rest,
      get cells() {
        drawn++;
        return cells;
      },
    };
  });
  const target = picker({ rows });
  for (const keys of [['"n"'], ["end"], ["page-up"], ["ctrl-u", '"4 3"']]) {
    press(target, ...keys);
    drawn = 0;
    screen(target, { rows: 24 });
    assert.equal(drawn, 20, keys.join());
  }
});

Deno.test("a list that arrives keeps what was typed, the active row and its line", () => {
  const target = picker({ rows: MANY });
  list(target, 8);
  press(target, '"n"', "page-down", "up");
  const before = list(target, 8);
  assert.deepEqual(before, ["n1", "n2", "> n3", "n4"]);
  const added = [row("new-1", "i-a"), row("new-2", "i-b")];
  target.setRows([...added, ...MANY]);
  assert.deepEqual(list(target, 8), before);
  target.setRows([...added, ...MANY.toSpliced(3, 1)]);
  assert.deepEqual(list(target, 8), ["n1", "n2", "> n4", "n5"], "the active one is gone");
  assert.equal(screen(target)[0], "Connect to: n");
});

Deno.test("as long as no key was pressed the top of the list is active", () => {
  const target = picker();
  target.setRows(ROWS.toReversed());
  assert.deepEqual(list(target)[0], "> my web");
  press(target, "down");
  target.setRows(ROWS);
  assert.deepEqual(list(target)[3], "> db");
});

Deno.test("several are marked, over searches, and chosen in the order of the list", () => {
  const target = picker({ isMulti: true });
  press(target, '"my"', "tab", "ctrl-u", '"bast"', "tab", "escape");
  assert.deepEqual(screen(target).slice(2, 4), [
    "> * bastion  i-1  running",
    "    web-10   i-2  running",
  ]);
  assert.match(screen(target).at(-2)!, /^5, 2 marked$/);
  assert.deepEqual(press(target, "enter"), { chosen: ["i-1", "i-5"] });
});

Deno.test("a mark is taken back by the same key; without any, Enter chooses the active row", () => {
  const target = picker({ isMulti: true });
  press(target, "tab", "up", "tab", "up");
  assert.deepEqual(press(target, "enter"), { chosen: ["i-1"] });
});

Deno.test("what cannot be chosen cannot be marked, and a mark goes with its row", () => {
  const target = picker({ isMulti: true });
  press(target, '"db"', "tab");
  assert.equal(screen(target).at(-1), "db is stopped");
  press(target, "ctrl-u", '"bast"', "tab", "ctrl-u");
  target.setRows(ROWS.slice(1));
  assert.deepEqual(press(target, "home", "enter"), { chosen: ["i-2"] });
});

Deno.test("a marked row that cannot be chosen any more is named, and nothing is chosen", () => {
  const target = picker({ isMulti: true });
  press(target, "tab");
  target.setRows([row("bastion", "i-1", "stopping"), ...ROWS.slice(1)]);
  assert.equal(press(target, "enter"), undefined);
  assert.equal(screen(target).at(-1), "bastion is stopping");
});

Deno.test("where it is narrow columns go from the last, and the name is cut after that", () => {
  const long = picker({ rows: [row("a-name-that-is-long", "i-0123456789")] });
  const line = (columns: number) => screen(long, { columns })[2];
  assert.equal(line(50), "> a-name-that-is-long  i-0123456789  running");
  assert.equal(line(38), "> a-name-that…  i-0123456789  running");
  assert.equal(line(35), "> a-name-that-is-lo…  i-0123456789");
  assert.equal(line(18), "> a-name-that-is…");
  assert.equal(line(6), "> a-…");
});

Deno.test("no line is wider than the screen, whatever names and questions are", () => {
  const rows = [row("数据库🚀".repeat(9), "i-1"), row("e\u0301".repeat(50), "i-2", "stopped")];
  const target = picker({ rows, isMulti: true });
  press(target, `"${"数".repeat(60)}"`);
  for (const query of [false, true]) {
    if (!query) target.setRows(rows);
    for (let columns = 1; columns < 120; columns++) {
      const { lines, cursor } = target.render({ columns, rows: 12, paint: (text) => text });
      for (const line of lines) assert.ok(displayWidth(line) < columns || columns === 1, line);
      assert.ok(cursor.column < columns || columns === 1);
    }
    press(target, "ctrl-u", "end");
  }
});

Deno.test("rows, titles and notices have looks of their own; the cursor is where letters come", () => {
  const target = picker();
  press(target, '"d"', "enter");
  const looks: [string, PickerLook][] = [];
  const { cursor } = target.render({
    columns: 60,
    rows: 12,
    paint: (text, look) => (looks.push([text.trim().split("  ")[0]!, look]), text),
  });
  assert.deepEqual(cursor, { row: 0, column: "Connect to: d".length });
  assert.deepEqual(looks, [["db is stopped", "notice"], ["> db", "active"], ["NAME", "title"]]);
  press(target, "escape", "up");
  looks.length = 0;
  target.render({
    columns: 60,
    rows: 12,
    paint: (text, look) => (looks.push([text.trim().split("  ")[0]!, look]), text),
  });
  assert.ok(looks.some(([text, look]) => text === "db" && look === "dim"));
});
