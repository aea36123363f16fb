import assert from "node:assert/strict";
import { Reporter } from "../../../src/cli/reporter.ts";
import { printable } from "../../../src/cli/text.ts";
import { AppError } from "../../../src/errors/mod.ts";
import { FakeIo } from "../../support/fake_io.ts";

Deno.test("results go to standard output, everything else to standard error", async () => {
  const io = new FakeIo();
  const reporter = new Reporter(io, { format: "text", level: "trace", colour: true });
  reporter.result("result");
  reporter.warn("careful", "do that");
  reporter.note("noted");
  reporter.log("debug", "detail");
  reporter.error(new AppError("usage", "wrong"));
  assert.equal(await io.stdout(), "result\n");
  assert.equal(
    await io.stderr(),
    "warning: careful\n  hint: do that\nnoted\n2024-01-01T00:00:00.000Z debug detail\nerror: wrong\n",
  );
});

Deno.test("each level tells itself and what is worse; errors are always told", async () => {
  const cases: [ConstructorParameters<typeof Reporter>[1]["level"], string[]][] = [
    ["error", ["error"]],
    ["warning", ["warning", "error"]],
    ["info", ["warning", "note", "error"]],
    ["debug", ["warning", "note", "debug", "error"]],
    ["trace", ["warning", "note", "debug", "trace", "error"]],
  ];
  for (const [level, wanted] of cases) {
    const io = new FakeIo();
    const reporter = new Reporter(io, { format: "text", level, colour: true });
    reporter.warn("warning");
    reporter.note("note");
    reporter.log("debug", "debug");
    reporter.log("trace", "trace");
    reporter.error(new AppError("usage", "error"));
    const told = (await io.stderr()).trim().split("\n").map((line) => line.split(" ").at(-1));
    assert.deepEqual(told, wanted, level);
  }
});

Deno.test("colour needs a terminal, and neither NO_COLOR nor --no-color", async () => {
  const cases: [{ isTerminal: boolean; env?: Record<string, string> }, boolean, boolean][] = [
    [{ isTerminal: true }, true, true],
    [{ isTerminal: true }, false, false],
    [{ isTerminal: true, env: { NO_COLOR: "1" } }, true, false],
    [{ isTerminal: false }, true, false],
  ];
  for (const [options, colour, wanted] of cases) {
    const io = new FakeIo(options);
    new Reporter(io, { format: "text", level: "info", colour }).warn("x");
    assert.equal((await io.stderr()).includes("\x1b["), wanted, JSON.stringify(options));
  }
});

Deno.test("the status line is taken away for other lines and put back", async () => {
  const io = new FakeIo({ isTerminal: true, env: { NO_COLOR: "1" } });
  const reporter = new Reporter(io, { format: "text", level: "info", colour: true });
  reporter.status("one");
  reporter.status("one");
  reporter.result("line");
  reporter.status("");
  reporter.note("after");
  assert.deepEqual(await io.transcript(), [
    "stderr: \r\x1b[Kone",
    "stderr: \r\x1b[K",
    "stdout: line\n",
    "stderr: one",
    "stderr: \r\x1b[K",
    "stderr: after\n",
  ]);
});

Deno.test("printable() lets no text steer the terminal", () => {
  const cases: [string, string][] = [
    ["plain äöü 日本", "plain äöü 日本"],
    ["a\r\n\n  b", "a b"],
    ["a\tb", "a b"],
    ["\x1b]0;title\x07", "\\x1b]0;title\\x07"],
    ["\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"],
  ];
  for (const [text, wanted] of cases) assert.equal(printable(text), wanted);
});

Deno.test("what is said while it is held is said afterwards, in its order", async () => {
  const io = new FakeIo();
  const reporter = new Reporter(io, { format: "text", level: "info", colour: false });
  {
    using _held = reporter.hold();
    reporter.note("first");
    reporter.warn("second");
    assert.equal(await io.stderr(), "");
  }
  reporter.note("third");
  assert.equal(await io.stderr(), "first\nwarning: second\nthird\n");
});

Deno.test("printable() shows characters that nobody sees, and leaves emoji whole", () => {
  assert.equal(printable("a\u202eb\u200bc\ufeff"), "a\\u202eb\\u200bc\\ufeff");
  assert.equal(printable("👩‍👩‍👧‍👦 ❤️"), "👩‍👩‍👧‍👦 ❤️");
});
