/**
 * The database that the settings name.
 *
 * @module
 */
import { Database, databasePath } from "../../storage/mod.ts";
import { type Context, loadSettings } from "../context.ts";

/** Opens it for a command, which creates it where it is missing. @throws {AppError} As `Database.open`. */
export async function openDatabase(context: Context): Promise<Database> {
  const { io, reporter } = context;
  const { config } = await loadSettings(context);
  const path = databasePath(config.database.path, io);
  reporter.log("debug", `database: ${path}`);
  return await Database.open({ path, checksAfterCrash: true, clock: io.clock });
}
