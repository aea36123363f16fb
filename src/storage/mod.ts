/**
 * The history of sessions in a SQLite file: sessions, changes of state with reasons, samples.
 *
 * SQLite itself is imported when a database is opened.
 *
 * @module
 */
export { Database, type OpenOptions } from "./database.ts";
export { isBusy } from "./errors.ts";
export * from "./export.ts";
export { databasePath } from "./file.ts";
export * from "./history.ts";
export { readLastUsed } from "./last_used.ts";
export * from "./maintenance.ts";
export * from "./rows.ts";
export { SCHEMA_VERSION } from "./schema.ts";
export * from "./statistics.ts";
export { planThinning, THINNING } from "./thinning.ts";
