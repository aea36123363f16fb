/**
 * SQLite's errors as ours, each with a way out.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";

type Problem = "busy" | "readonly" | "io" | "damaged" | "full" | "cannot-open" | "not-a-database";

/** Source: https://sqlite.org/rescode.html, primary result codes. */
const PROBLEM_OF_CODE: Readonly<Record<number, Problem>> = {
  5: "busy",
  6: "busy",
  8: "readonly",
  10: "io",
  11: "damaged",
  13: "full",
  14: "cannot-open",
  26: "not-a-database",
};

/** Errors that carry no code of SQLite's: Deno gives those of opening, and the system's, as text. */
const PROBLEM_OF_TEXT: readonly (readonly [text: RegExp, problem: Problem])[] = [
  [/^unable to open database file/, "cannot-open"],
  [/^No such file or directory|^Not a directory/, "cannot-open"],
  [/^No space left on device/, "full"],
  [/^Read-only file system/, "readonly"],
];

/** What is shown for each, and what to do. `path` is put in by {@link databaseError}. */
const WORDS: Readonly<Record<Problem, { found: string; hint: (path: string) => string }>> = {
  "busy": {
    found: "another process keeps it locked",
    hint: () => "Try again in a moment",
  },
  "readonly": {
    found: "it may not be written",
    hint: (path) => `Make ${path} and its folder writable, or set EC2_CONNECT_DATABASE`,
  },
  "io": {
    found: "the disk refused to read or write",
    hint: () => "Check that the disk is well and has room, or set EC2_CONNECT_DATABASE to another",
  },
  "damaged": { found: "the file is damaged", hint: moveAway },
  "full": {
    found: "the disk is full",
    hint: () => "Free some space, or remove old history: ec2-connect database cleanup --days 30",
  },
  "cannot-open": {
    found: "it cannot be opened",
    hint: () => "Check the path and its permissions, or set EC2_CONNECT_DATABASE to another",
  },
  "not-a-database": { found: "the file is not a database, or is damaged", hint: moveAway },
};

/** The way out of a file that is of no use: nothing of ours overwrites it. */
function moveAway(path: string): string {
  return `Move it away (mv '${path}' '${path}.old') and run ec2-connect database init for a new one`;
}

/**
 * Whatever node:sqlite or the file system threw at work on the database at `path`.
 *
 * @param doing What was attempted, as "Cannot open".
 * @returns `resource`, or a `bug` for what nobody foresaw.
 */
export function databaseError(error: unknown, doing: string, path: string): AppError {
  if (error instanceof AppError) return error;
  const problem = problemOf(error);
  const what = `${doing} the database ${path}`;
  if (problem === undefined) {
    return new AppError("bug", `${what}: ${firstLine(error)}`, {
      cause: error,
    });
  }
  const { found, hint } = WORDS[problem];
  return new AppError("resource", `${what}: ${found}`, { hint: hint(path), cause: error });
}

/** Whether waiting may help: another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return problemOf(error instanceof AppError ? error.cause : error) === "busy";
}

export function damagedError(path: string, found: string): AppError {
  return new AppError("resource", `Cannot use the database ${path}: the file is damaged`, {
    why: found,
    hint: moveAway(path),
  });
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "readonly";
  }
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  // The lowest byte is the primary code; the rest says more exactly what happened.
  if (typeof code === "number") return PROBLEM_OF_CODE[code & 0xff];
  return PROBLEM_OF_TEXT.find(([text]) => text.test(messageOf(error)))?.[1];
}

function firstLine(error: unknown): string {
  return messageOf(error).split("\n", 1)[0]!.replace(/ \(os error .*$/, "");
}
