import assert from "node:assert/strict";
import { renderError } from "../../../src/cli/errors.ts";
import { AppError, EXIT_CODES, toAppError } from "../../../src/errors/mod.ts";

const TEXT = { format: "text", colour: false, showStack: false } as const;
const JSON_FORMAT = { ...TEXT, format: "json" } as const;

Deno.test("an error is what, why and the way out on at most three lines", () => {
  const cases: [AppError, string][] = [
    [new AppError("usage", "Unknown option"), "error: Unknown option"],
    [
      new AppError("resource", "Cannot listen: taken", { why: "nginx holds it", hint: "Use 8081" }),
      "error: Cannot listen: taken\n  cause: nginx holds it\n  hint: Use 8081",
    ],
    [
      new AppError("network", "Cannot connect", { cause: new Error("connection refused") }),
      "error: Cannot connect\n  cause: connection refused",
    ],
    [
      new AppError("network", "Cannot connect: refused", { cause: new Error("refused") }),
      "error: Cannot connect: refused",
    ],
    [
      new AppError("protocol", "First\nsecond", { why: "a\r\n  b", hint: "\x1b[31mred\x07" }),
      "error: First second\n  cause: a b\n  hint: \\x1b[31mred\\x07",
    ],
  ];
  for (const [error, wanted] of cases) assert.equal(renderError(error, TEXT), wanted);
});

Deno.test("an error as JSON is one line with every field and its exit code", () => {
  for (const [kind, exitCode] of Object.entries(EXIT_CODES)) {
    const error = new AppError(kind as keyof typeof EXIT_CODES, "what\nfor", { hint: "do" });
    const text = renderError(error, JSON_FORMAT);
    assert.ok(!text.includes("\n"));
    assert.deepEqual(JSON.parse(text), {
      error: { kind, exit_code: exitCode, message: "what\nfor", cause: null, hint: "do" },
    });
  }
  const caused = new AppError("auth", "what", { why: "why", cause: new Error("inner") });
  assert.equal(JSON.parse(renderError(caused, JSON_FORMAT)).error.cause, "why");
});

Deno.test("the stack is shown for a bug, and only when asked", () => {
  const bug = toAppError(new TypeError("x is undefined"));
  assert.equal(
    renderError(bug, TEXT),
    "error: Unexpected error: x is undefined\n" +
      "  hint: Please report this with the output of the same command and -v",
  );
  assert.match(
    renderError(bug, { ...TEXT, showStack: true }),
    /\nTypeError: x is undefined\n\s+at /,
  );
  const usage = new AppError("usage", "a", { cause: new Error("b") });
  assert.equal(renderError(usage, { ...TEXT, showStack: true }), "error: a\n  cause: b");
});

Deno.test("colour marks the kind of line and nothing else", () => {
  assert.equal(
    renderError(new AppError("usage", "a"), { ...TEXT, colour: true }),
    "\x1b[31;1merror:\x1b[0m a",
  );
});
