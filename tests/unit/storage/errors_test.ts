import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { databaseError, isBusy } from "../../../src/storage/errors.ts";

function sqliteError(errcode: number): Error {
  return Object.assign(new Error("text"), { code: "ERR_SQLITE_ERROR", errcode });
}

Deno.test("databaseError() tells what SQLite's codes mean, and the way out", () => {
  const cases: [code: number, message: RegExp, hint: RegExp][] = [
    [5, /another process keeps it locked/, /Try again/],
    [261, /another process keeps it locked/, /Try again/],
    [8, /may not be written/, /writable/],
    [1032, /may not be written/, /writable/],
    [10, /the disk refused/, /Check that the disk/],
    [11, /the file is damaged/, /^Move it away \(mv '\/d\/x.db' '\/d\/x.db.old'\)/],
    [13, /the disk is full/, /database cleanup/],
    [14, /cannot be opened/, /EC2_CONNECT_DATABASE/],
    [26, /not a database, or is damaged/, /^Move it away/],
  ];
  for (const [code, message, hint] of cases) {
    const error = databaseError(sqliteError(code), "Cannot read", "/d/x.db");
    assert.equal(error.kind, "resource");
    assert.match(error.message, /^Cannot read the database \/d\/x\.db: /);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
  }
});

Deno.test("databaseError() knows the errors that come without a code", () => {
  const texts: [text: string, message: RegExp][] = [
    // Observed with Deno 2.9.6 and 2.6.
    ["unable to open database file: /d", /cannot be opened/],
    ["No such file or directory (os error 2): open '/d/x.db'", /cannot be opened/],
    ["No space left on device (os error 28): open '/d/x.db'", /the disk is full/],
    ["Read-only file system (os error 30): open '/d/x.db'", /may not be written/],
  ];
  for (const [text, message] of texts) {
    const error = databaseError(new Error(text), "Cannot open", "/d/x.db");
    assert.equal(error.kind, "resource", text);
    assert.match(error.message, message);
  }
  for (const denied of [new Deno.errors.PermissionDenied("x"), new Deno.errors.NotCapable("x")]) {
    assert.match(databaseError(denied, "Cannot open", "/d").message, /may not be written/);
  }
});

Deno.test("databaseError() leaves ours as they are, and what nobody foresaw is a bug", () => {
  const ours = new AppError("usage", "x");
  assert.equal(databaseError(ours, "Cannot read", "/d"), ours);
  assert.equal(databaseError(sqliteError(19), "Cannot read", "/d").kind, "bug");
});

Deno.test("isBusy() sees through the translation", () => {
  assert.equal(isBusy(sqliteError(5)), true);
  assert.equal(isBusy(databaseError(sqliteError(517), "Cannot read", "/d")), true);
  assert.equal(isBusy(databaseError(sqliteError(13), "Cannot read", "/d")), false);
  assert.equal(isBusy(undefined), false);
});
