/**
 * The sessions that processes of this machine hold, for the limit on them.
 *
 * @module
 */
import { messageOf } from "../../errors/mod.ts";
import { stateFolder } from "../../platform/mod.ts";
import type { SessionElsewhere, SessionState } from "../../session/mod.ts";
import type { Context } from "../context.ts";

const ENDING: readonly string[] = ["closing", "closed", "failed"] satisfies SessionState[];

/** Never rejects: a limit that cannot be checked is no reason to have no tunnel. */
export async function sessionsElsewhere(
  { io, reporter }: Pick<Context, "io" | "reporter">,
): Promise<SessionElsewhere[]> {
  const folder = stateFolder(io);
  if (folder === undefined) return [];
  try {
    const { ControlClient, surveyHosts } = await import("../../session/host/mod.ts");
    const hosts = await surveyHosts({ stateFolder: folder, clock: io.clock });
    return hosts.filter((host) => host.status === "live").flatMap(({ file, sessions }) =>
      sessions.filter(({ state }) => !ENDING.includes(state)).map((session) => ({
        sessionId: session.session_id,
        instanceId: session.instance_id,
        priority: session.priority ?? "normal",
        startedAtMs: Date.parse(session.started_at),
        openConnections: session.open_connections ?? 0,
        async end() {
          using client = new ControlClient(file, { clock: io.clock });
          await client.terminate(session.session_id);
        },
      }))
    );
  } catch (error) {
    reporter.log("debug", `sessions of other processes are not counted: ${messageOf(error)}`);
    return [];
  }
}
