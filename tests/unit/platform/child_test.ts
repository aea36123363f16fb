import assert from "node:assert/strict";
import { startChild } from "../../../src/platform/mod.ts";
import { quoteForWindows } from "../../../src/platform/child.ts";

const posixOnly = { ignore: Deno.build.os === "windows" };

Deno.test(
  "startChild() passes exit status, arguments and environment through",
  posixOnly,
  async () => {
    const cases: [string[], number][] = [
      [["true"], 0],
      [["sh", "-c", "exit 42"], 42],
      [[
        "sh",
        "-c",
        '[ "$1" = "a  b" ] && [ "$2" = "\'\\"\\$HOME" ] && [ "$X" = y ]',
        "sh",
        "a  b",
        "'\"$HOME",
      ], 0],
      [["/nonexistent/program"], 127],
      [["/"], 126],
      [["sh", "-c", "kill -TERM $$"], 143],
      [["sh", "-c", "kill -KILL $$"], 137],
    ];
    for (const [command, status] of cases) {
      assert.equal(
        await startChild(command, { env: { X: "y" } }).status,
        status,
        command.join(" "),
      );
    }
  },
);

Deno.test(
  "startChild() hands signals to the command itself, and none to one that ended",
  posixOnly,
  async () => {
    const child = startChild(["sleep", "60"], { env: {} });
    child.signal("SIGTERM");
    assert.equal(await child.status, 143);
    child.signal("SIGTERM");
  },
);

Deno.test("quoteForWindows() follows the rules of the C runtime", () => {
  const cases: [string, string][] = [
    ["plain", "plain"],
    ["C:\\a\\b.exe", "C:\\a\\b.exe"],
    ["", '""'],
    ["a b", '"a b"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["ends in \\", '"ends in \\\\"'],
    ['a\\"b', '"a\\\\\\"b"'],
  ];
  for (const [argument, wanted] of cases) assert.equal(quoteForWindows(argument), wanted);
});
