/**
 * The commands of `database` that show a result.
 *
 * @module
 */
import type { DatabaseOptions } from "../commands/database.ts";
import type { Database } from "../../storage/mod.ts";
import {
  countRows,
  listSamples,
  listSessions,
  listStateChanges,
  removeSessions,
  roundTripFields,
  sessionFields,
  shrinkFile,
  stateChangeFields,
  summarize,
} from "../../storage/mod.ts";
import type { Context } from "../context.ts";
import { type Result, writeResult } from "../result.ts";
import { chooseStoredSession } from "./choose_session.ts";
import { openDatabase } from "./open.ts";
import { infoLines, sessionLines, statsLines, storedSessionLines } from "./text.ts";

const DAY_MS = 24 * 3600 * 1000;

/** @returns 0 */
export async function runDatabase(options: DatabaseOptions, context: Context): Promise<number> {
  using database = await openDatabase(context);
  const result = await resultOf(options, database, context);
  if (result.note !== undefined && context.reporter.format === "text") {
    context.reporter.note(result.note);
  }
  await writeResult(result, context, options.output);
  return 0;
}

/** `note`: beside the result of a person. */
type Shown = Result & { note?: string };

async function resultOf(
  options: DatabaseOptions,
  database: Database,
  context: Context,
): Promise<Shown> {
  const nowMs = context.io.clock.epochMs();
  switch (options.command) {
    case "init":
      database.requireSound("quick_check");
      return initResult(database);
    case "info":
      database.requireSound("integrity_check");
      return await infoResult(database);
    case "sessions":
      return sessionsResult(database, options, context);
    case "stats":
      return options.session === undefined
        ? statsResult(database)
        : sessionResult(database, options.session, nowMs);
    case "cleanup":
      return await cleanupResult(database, options, nowMs);
    default:
      return options satisfies never;
  }
}

function initResult({ path, version }: Database): Shown {
  return {
    schema: "database-init",
    value: { path, schema_version: version },
    text: () => [`The database ${path} is ready (schema version ${version})`],
  };
}

async function infoResult(database: Database): Promise<Shown> {
  const { path, version, journalMode } = database;
  const rows = countRows(database);
  const value = {
    path,
    size_bytes: await sizeBytes(path),
    schema_version: version,
    journal_mode: journalMode,
    rows: { sessions: rows.sessions, state_changes: rows.stateChanges, samples: rows.samples },
    integrity: "ok",
  };
  return { schema: "database-info", value, text: () => infoLines(value) };
}

/** The file and what SQLite keeps beside it until it is folded in. */
async function sizeBytes(path: string): Promise<number> {
  const sizes = await Promise.all(["", "-wal"].map(async (suffix) => {
    try {
      return (await Deno.stat(path + suffix)).size;
    } catch {
      return 0;
    }
  }));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function sessionsResult(
  database: Database,
  { limit, instance }: { limit: number; instance: string | undefined },
  { io }: Context,
): Shown {
  const nowMs = io.clock.epochMs();
  const sessions = listSessions(database, { limit, instance })
    .map((session) => sessionFields(session, nowMs));
  const width = io.terminal.stdout ? io.columns() : undefined;
  return {
    schema: "database-sessions",
    value: { sessions },
    text: () => sessions.length === 0 ? [] : sessionLines(sessions, width),
    ...(sessions.length === 0 ? { note: "No session is in the history" } : {}),
  };
}

function statsResult(database: Database): Shown {
  const stats = summarize(database, listSessions(database));
  const value = {
    sessions: stats.sessions,
    ended_by: stats.ends,
    first_started_at: time(stats.firstMs),
    last_started_at: time(stats.lastMs),
    bytes_in: stats.bytesIn,
    bytes_out: stats.bytesOut,
    reconnects: stats.reconnects,
    restarts: stats.restarts,
    retransmissions: stats.retransmissions,
    availability: stats.availability === undefined ? null : Number(stats.availability.toFixed(4)),
    connect_p50_ms: percentile(stats.connectMs, 0.5),
    connect_p95_ms: percentile(stats.connectMs, 0.95),
    ...roundTripFields(stats.roundTrips),
  };
  return { schema: "database-stats", value, text: () => statsLines(value) };
}

function sessionResult(database: Database, text: string, nowMs: number): Shown {
  const session = chooseStoredSession(database, text, nowMs);
  const samples = listSamples(database, session.id);
  const { roundTrips } = summarize(database, [session]);
  const value = {
    session: sessionFields(session, nowMs),
    ...roundTripFields(roundTrips),
    samples: samples.length,
    state_changes: listStateChanges(database, session.id).map(stateChangeFields),
  };
  return { schema: "database-stats", value, text: () => storedSessionLines(value) };
}

async function cleanupResult(
  database: Database,
  { days, isDryRun }: { days: number; isDryRun: boolean },
  nowMs: number,
): Promise<Shown> {
  const beforeMs = nowMs - days * DAY_MS;
  const removed = removeSessions(database, { beforeMs, nowMs, isDryRun });
  if (!isDryRun && removed.sessions > 0) shrinkFile(database);
  const { sessions, stateChanges, samples } = removed;
  const value = {
    days,
    before: time(beforeMs),
    dry_run: isDryRun,
    removed: { sessions, state_changes: stateChanges, samples },
    size_bytes: await sizeBytes(database.path),
  };
  const verb = isDryRun ? "Would remove" : "Removed";
  return {
    schema: "database-cleanup",
    value,
    text: () => [
      `${verb} ${sessions} sessions, ${stateChanges} changes of state, ${samples} samples`,
    ],
  };
}

function percentile(ascending: readonly number[], share: number): number | null {
  const value = ascending[Math.max(1, Math.ceil(share * ascending.length)) - 1];
  return value === undefined ? null : Number(value.toFixed(1));
}

function time(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : new Date(epochMs).toISOString();
}
