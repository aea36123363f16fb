/**
 * Several processes at one database: all at once from the first moment, and one killed while writing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { countRows, listSessions } from "../../src/storage/mod.ts";
import { DatabaseFolder } from "../support/database_folder.ts";

const WRITER = new URL("../support/database_writer.ts", import.meta.url).pathname;

/** A running writer, and the lines that it says. */
class Writer implements AsyncDisposable {
  readonly process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(path: string, name: string, count: number) {
    this.process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--quiet", "--no-check", WRITER, path, name, String(count)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async hear(wanted: string): Promise<void> {
    for (let heard = ""; !heard.includes(wanted);) {
      const { value, done } = await this.#lines.read();
      assert.ok(!done, `it ended before it said ${wanted}`);
      heard += value;
    }
  }

  async go(): Promise<void> {
    const input = this.process.stdin.getWriter();
    await input.write(new TextEncoder().encode("go\n"));
    await input.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.cancel();
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.process.status;
  }
}

Deno.test("four processes create and fill one database at the same time", async () => {
  await using folder = await DatabaseFolder.create();
  await using all = new AsyncDisposableStack();
  const writers = [1, 2, 3, 4].map((n) => all.use(new Writer(folder.file, `me-${n}`, 50)));
  await Promise.all(writers.map((writer) => writer.hear("ready")));
  await Promise.all(writers.map((writer) => writer.go()));
  const statuses = await Promise.all(writers.map(({ process }) => process.status));
  assert.deepEqual(statuses.map(({ code }) => code), [0, 0, 0, 0]);
  using database = await folder.open();
  database.requireSound("integrity_check");
  assert.deepEqual(countRows(database), { sessions: 200, stateChanges: 200, samples: 200 });
  assert.equal(new Set(listSessions(database).map(({ sessionId }) => sessionId)).size, 200);
});

Deno.test("a process killed while it writes leaves a sound database with whole sessions", async () => {
  await using folder = await DatabaseFolder.create();
  {
    await using writer = new Writer(folder.file, "me", 0);
    await writer.hear("ready");
    await writer.go();
    await writer.hear("busy");
  }
  using database = await folder.open({ checksAfterCrash: true });
  database.requireSound("integrity_check");
  const { sessions, stateChanges, samples } = countRows(database);
  assert.ok(sessions > 20, `${sessions} sessions`);
  assert.deepEqual([stateChanges, samples], [sessions, sessions]);
});
