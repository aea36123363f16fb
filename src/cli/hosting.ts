/**
 * Makes this process a host of its sessions: others find them, and their history is kept.
 *
 * Neither may cost a tunnel its start or its life. What cannot be done is said once, and the tunnel goes
 * on without.
 *
 * @module
 */
import type { Config } from "../config/mod.ts";
import { toAppError } from "../errors/mod.ts";
import type { HostedSession, SessionEvent } from "../session/mod.ts";
import type { Host } from "../session/host/mod.ts";
import { SessionRegistry } from "../session/mod.ts";
import type { Context } from "./context.ts";
import { HostWatch } from "./host_watch.ts";
import { requireStateFolder } from "./sessions/state_folder.ts";
import { VERSION } from "./version.ts";

/** Where a command's sessions are held. */
export interface Hosting extends AsyncDisposable {
  /** To be told what happens to sessions, from their first moment on. */
  noteEvent(event: SessionEvent): void;
  /** Holds a session until it ends. Resolves when others can find it. Never rejects. */
  hold(session: HostedSession): Promise<void>;
}

/**
 * Begins to serve, beside whatever the command does meanwhile. Inside the background host the sessions
 * are that host's.
 */
export function startHosting(config: Config, context: Context): Hosting {
  const { io, reporter } = context;
  if (io.job !== undefined) return io.job.hosting;
  const sessions = new SessionRegistry();
  const watch = new HostWatch({
    sessions,
    config,
    io,
    isBackground: false,
    warn: (message, hint) => reporter.warn(message, hint),
  });
  const serving = serve(sessions, watch, context);
  return {
    noteEvent: (event) => watch.noteEvent(event),
    async hold(session) {
      sessions.add(session);
      // Should this process be killed, the file is all that tells of the session.
      await (await serving)?.written;
    },
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await (await serving)?.[Symbol.asyncDispose]();
    },
  };
}

/** @returns Undefined, and a warning given, where it is not possible. */
async function serve(
  sessions: SessionRegistry,
  watch: HostWatch,
  { io, reporter }: Context,
): Promise<Host | undefined> {
  try {
    const { Host } = await import("../session/host/serve_host.ts");
    return await Host.serve({
      sessions,
      stateFolder: requireStateFolder(io),
      version: VERSION,
      background: false,
      clock: io.clock,
      reports: watch.reports,
      log: (line) => reporter.log("debug", line),
    });
  } catch (error) {
    const { message, hint } = toAppError(error);
    reporter.warn(`list and terminate will not see this session: ${message}`, hint);
    return undefined;
  }
}
