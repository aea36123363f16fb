/**
 * One open database file: opening, versions, and statements whose errors are ours.
 *
 * @module
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { AppError } from "../errors/mod.ts";
import { type Clock, systemClock } from "../platform/mod.ts";
import { damagedError, databaseError, isBusy } from "./errors.ts";
import { createFile, prepareFolder } from "./file.ts";
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from "./schema.ts";

export interface OpenOptions {
  path: string;
  /**
   * How long a statement waits for another process, in ms. It waits without turning the event loop:
   * short where tunnels are carried.
   */
  busyTimeoutMs?: number;
  /** Look through a file that somebody did not close, or has open. Takes time by its size. */
  checksAfterCrash?: boolean;
  clock?: Clock;
}

/** For commands, which have nothing else to do. */
const BUSY_TIMEOUT_MS = 5_000;
/** Turning on WAL does not wait for locks by itself. */
const WAL_ATTEMPTS = 20;
const WAL_RETRY_MS = 50;

export class Database implements Disposable {
  readonly path: string;
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isOpen = true;

  private constructor(path: string, sqlite: DatabaseSync) {
    this.path = path;
    this.#sqlite = sqlite;
  }

  /**
   * Opens the database at `path`, creating folder and file (readable by their owner alone) where they
   * are missing, and brings it to the version of this program.
   *
   * @throws {AppError} `config` when the path is a folder; `resource` when the file cannot be used:
   * no permission, disk full, locked, damaged, written by a newer program or by another one. A file
   * that cannot be used is left as it is.
   */
  static async open(options: OpenOptions): Promise<Database> {
    const { path, busyTimeoutMs = BUSY_TIMEOUT_MS, clock = systemClock } = options;
    await prepareFolder(path);
    const isNew = await createFile(path);
    const wasLeftOpen = !isNew && options.checksAfterCrash === true && await isThere(`${path}-wal`);
    const database = new Database(path, await openFile(path, busyTimeoutMs));
    try {
      database.#requireOurs();
      // Before the first table, or it does nothing. Deno lets no scoped program run VACUUM, which
      // attaches a second database.
      if (database.version === 0) database.run("PRAGMA auto_vacuum = INCREMENTAL");
      await database.#useWal(clock);
      database.#migrate();
      if (wasLeftOpen) database.requireSound("quick_check");
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Changes rows. @returns How many, and the id of the last one inserted. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastId: number } {
    return this.#translated("Cannot write to", () => {
      const { changes, lastInsertRowid } = this.#statement(sql).run(...values);
      return { changes: Number(changes), lastId: Number(lastInsertRowid) };
    });
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#translated("Cannot read", () => this.#statement(sql).all(...values) as Row[]);
  }

  /** The one row that a question has, as a count has. */
  one<Row>(sql: string, ...values: SQLInputValue[]): Row {
    return this.all<Row>(sql, ...values)[0]!;
  }

  /** Has all questions of `work` answered as of one moment, while others go on writing. */
  atOneMoment<T>(work: () => T): T {
    this.run("BEGIN");
    try {
      return work();
    } finally {
      this.#rollBack();
    }
  }

  /** Does all of `work`, or nothing of it when it throws. */
  transaction<T>(work: () => T): T {
    // IMMEDIATE takes the lock for writing at once: a reader that wants to write later may have to
    // give up half-way, whatever its timeout.
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /**
   * Looks through the file.
   *
   * @param check `integrity_check` also compares each index with its table, and takes longer.
   * @throws {AppError} `resource` when something is wrong.
   */
  requireSound(check: "quick_check" | "integrity_check"): void {
    const answers = this.all<Record<string, string>>(`PRAGMA ${check}(1)`);
    const found = Object.values(answers[0] ?? {})[0];
    if (found !== "ok") throw damagedError(this.path, found ?? "no answer to its check");
  }

  get journalMode(): string {
    return this.one<{ journal_mode: string }>("PRAGMA journal_mode").journal_mode;
  }

  get version(): number {
    return this.one<{ user_version: number }>("PRAGMA user_version").user_version;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#statements.clear();
    this.#sqlite.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Refuses files of newer versions and of other programs, before anything is written. */
  #requireOurs(): void {
    // At one moment: another process may be creating the tables right now.
    const { owner, version, tables } = this.atOneMoment(() => ({
      owner: this.one<{ application_id: number }>("PRAGMA application_id").application_id,
      version: this.version,
      tables: this.one<{ n: number }>("SELECT count(*) AS n FROM sqlite_master").n,
    }));
    if (owner === APPLICATION_ID && version <= SCHEMA_VERSION) return;
    if (owner === APPLICATION_ID) {
      throw new AppError("resource", `Cannot use the database ${this.path}: it is too new`, {
        why: `Its schema has version ${version}, this program knows up to ${SCHEMA_VERSION}`,
        hint: "Update ec2-connect, or set EC2_CONNECT_DATABASE to another file",
      });
    }
    if (owner === 0 && version === 0 && tables === 0) return;
    throw new AppError("resource", `Cannot use the database ${this.path}: it is not ours`, {
      why: "Another program wrote it",
      hint: "Set EC2_CONNECT_DATABASE, or database.path in the configuration, to another file",
    });
  }

  /** Where the file system cannot share memory, the mode stays as it is; that is slower and as safe. */
  async #useWal(clock: Clock): Promise<void> {
    for (let attempt = 1; this.journalMode !== "wal"; attempt++) {
      try {
        this.run("PRAGMA journal_mode = WAL");
        break;
      } catch (error) {
        if (!isBusy(error) || attempt === WAL_ATTEMPTS) throw error;
        await new Promise<void>((done) => clock.setTimeout(done, WAL_RETRY_MS));
      }
    }
    // A crash of the system may cost the last rows, never the file; no commit waits for the disk.
    this.run("PRAGMA synchronous = NORMAL");
  }

  #migrate(): void {
    if (this.version === SCHEMA_VERSION) return;
    this.transaction(() => {
      // Another process may have been first, while this one waited for the lock.
      for (const statements of MIGRATIONS.slice(this.version)) {
        for (const statement of statements) this.run(statement);
      }
      this.run(`PRAGMA application_id = ${APPLICATION_ID}`);
      this.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    });
  }

  #rollBack(): void {
    try {
      this.run("ROLLBACK");
    } catch {
      // A full disk has rolled back already; the error that led here is the one that counts.
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#sqlite.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #translated<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseError(error, doing, this.path);
    }
  }
}

async function openFile(path: string, timeout: number): Promise<DatabaseSync> {
  const { DatabaseSync } = await import("node:sqlite");
  try {
    return new DatabaseSync(path, { timeout, enableForeignKeyConstraints: true });
  } catch (error) {
    throw databaseError(error, "Cannot open", path);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).size > 0;
  } catch {
    return false;
  }
}
