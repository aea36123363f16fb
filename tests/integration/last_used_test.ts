import assert from "node:assert/strict";
import { join } from "node:path";
import { addSession, readLastUsed } from "../../src/storage/mod.ts";
import { DatabaseFolder, sessionRecord, STARTED_MS } from "../support/database_folder.ts";

const HOLDER = { hostPid: 1, isBackground: false, nowMs: STARTED_MS };

Deno.test("the last session of each instance of the region, while others write", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  const add = (instanceId: string, startedAtMs: number, region = "us-east-1") =>
    addSession(database, sessionRecord({ instanceId, startedAtMs, region }), HOLDER);
  add("i-1", 10);
  add("i-1", 30);
  add("i-2", 20);
  add("i-1", 90, "eu-west-1");
  database.run("BEGIN IMMEDIATE");
  add("i-2", 99);
  assert.deepEqual(
    await readLastUsed(folder.file, "us-east-1"),
    new Map([["i-1", 30], ["i-2", 20]]),
  );
  database.run("COMMIT");
});

Deno.test("no history is none, and is not made", async () => {
  await using folder = await DatabaseFolder.create();
  assert.deepEqual(await readLastUsed(folder.file, "us-east-1"), new Map());
  await assert.rejects(Deno.stat(join(folder.path, "data")), Deno.errors.NotFound);
});

Deno.test("what is no history is none, and is left as it is", async () => {
  await using folder = await DatabaseFolder.create();
  const path = join(folder.path, "history.db");
  for (
    const content of ["", "not a database, and longer than a header of SQLite has to be".repeat(9)]
  ) {
    await Deno.writeTextFile(path, content);
    assert.deepEqual(await readLastUsed(path, "us-east-1"), new Map());
    assert.equal(await Deno.readTextFile(path), content);
  }
  assert.deepEqual(await readLastUsed(folder.path, "us-east-1"), new Map(), "a folder");
});
