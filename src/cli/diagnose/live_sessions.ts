/**
 * Sessions of this computer that are open now, from the history. Creates no database.
 *
 * @module
 */

import type { LoadedConfig } from "../../config/mod.ts";
import type { LocalSession } from "../../diagnostics/mod.ts";
import type { Context } from "../context.ts";

/** Sessions to one instance that a living process writes of. */
export async function liveSessions(
  settings: LoadedConfig,
  context: Context,
  instanceId: string,
): Promise<LocalSession[]> {
  const { io } = context;
  const { Database, databasePath, listSessions, stateNow } = await import("../../storage/mod.ts");
  const path = databasePath(settings.config.database.path, io);
  try {
    await Deno.stat(path);
  } catch (error) {
    // Who never had a session has no history.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  using database = await Database.open({ path, checksAfterCrash: false, clock: io.clock });
  const nowMs = io.clock.epochMs();
  return listSessions(database, { instance: instanceId })
    .filter((session) => session.end === undefined && stateNow(session, nowMs) !== "lost")
    .map((session) => ({
      sessionId: session.sessionId,
      instanceId: session.instanceId,
      localPort: session.localPort,
      remotePort: session.remotePort,
      state: session.state,
      hostPid: session.hostPid,
      startedAtMs: session.startedAtMs,
    }));
}
