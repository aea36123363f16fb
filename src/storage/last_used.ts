/**
 * When each instance was last connected to, as far as the history can be read without any effort.
 *
 * @module
 */

/** Nobody waits for a list because somebody writes of a session. */
const BUSY_TIMEOUT_MS = 100;

/**
 * Instance ids of a region, and when their last session was started, epoch ms.
 *
 * The file is opened for reading alone: it is neither created nor brought to this program's version.
 * One that is missing, damaged, locked or of another version is as good as an empty history.
 *
 * @param path The database; see `databasePath`.
 */
export async function readLastUsed(
  path: string,
  region: string,
): Promise<ReadonlyMap<string, number>> {
  try {
    // Before SQLite is loaded: most machines have no history yet when this is asked first.
    if (!(await Deno.stat(path)).isFile) return new Map();
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    try {
      const rows = database.prepare(
        `SELECT instance_id, max(started_at_ms) AS last_ms FROM session
          WHERE region = ? GROUP BY instance_id`,
      ).all(region) as { instance_id: string; last_ms: number }[];
      return new Map(rows.map(({ instance_id, last_ms }) => [instance_id, last_ms]));
    } finally {
      database.close();
    }
  } catch {
    return new Map();
  }
}
