import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import type { PathFacts } from "../../../src/platform/mod.ts";
import { databasePath } from "../../../src/storage/mod.ts";

const LINUX: PathFacts = { os: "linux", env: { HOME: "/home/a" } };
const MAC: PathFacts = { os: "darwin", env: { HOME: "/Users/a" } };
const WINDOWS: PathFacts = {
  os: "windows",
  // A Unix shell on Windows sets HOME to a path that only it understands.
  env: { HOME: "/c/Users/a", USERPROFILE: "C:\\Users\\a", LOCALAPPDATA: "C:\\Users\\a\\Local" },
};

Deno.test("databasePath() is in the data folder of its system", () => {
  assert.equal(databasePath(undefined, LINUX), "/home/a/.local/share/ec2-connect/ec2-connect.db");
  assert.equal(databasePath(undefined, MAC), "/Users/a/.local/share/ec2-connect/ec2-connect.db");
  assert.equal(
    databasePath(undefined, WINDOWS),
    "C:\\Users\\a\\Local\\ec2-connect\\ec2-connect.db",
  );
});

Deno.test("databasePath() takes ~/ for the home folder, in the writing of the system", () => {
  assert.equal(databasePath("~/h.db", LINUX), "/home/a/h.db");
  assert.equal(databasePath("~/h.db", WINDOWS), "C:\\Users\\a\\h.db");
  assert.equal(databasePath("~\\h.db", WINDOWS), "C:\\Users\\a\\h.db");
  // A name that begins so is one elsewhere; that of another user is nobody's business.
  assert.equal(databasePath("~\\h.db", LINUX), "~\\h.db");
  assert.equal(databasePath("~b/h.db", LINUX), "~b/h.db");
  assert.equal(databasePath("D:\\h.db", WINDOWS), "D:\\h.db");
});

Deno.test("databasePath() names the variable that its system wants", () => {
  const hintOn = (os: PathFacts["os"]) => {
    try {
      databasePath(undefined, { os, env: {} });
    } catch (error) {
      return error instanceof AppError ? error.hint : undefined;
    }
    return undefined;
  };
  assert.match(hintOn("windows")!, /LOCALAPPDATA/);
  assert.match(hintOn("linux")!, /HOME/);
});
