/**
 * What a host answers. The paths are for this program's own processes; docs/DATA_MODELS.md has them.
 *
 * @module
 */
import { type ControlCall, ControlRefusal } from "./control_server.ts";
import type { SessionRegistry } from "./registry.ts";
import { type SessionDetails, sessionDetails } from "./session_json.ts";

/** Who a host is. With its token, the pid and the start prove that it is the one of the host file. */
export interface HostIdentity {
  pid: number;
  /** RFC 3339. */
  started_at: string;
  /** Of the program. */
  version: string;
  background: boolean;
}

/** The answer to `GET /v1/sessions`. */
export interface HostAnswer {
  host: HostIdentity;
  /** It takes no new sessions and will soon be gone. */
  ending: boolean;
  sessions: SessionDetails[];
  /** Ids of the sessions that ended last: the history has them a moment later. */
  ended_session_ids: readonly string[];
}

export interface RouteOptions {
  identity: HostIdentity;
  sessions: SessionRegistry;
  epochMs(): number;
  isEnding(): boolean;
  /** Figures of the process by name, for `GET /v1/reports/NAME`. */
  reports: Readonly<Record<string, () => unknown | Promise<unknown>>>;
  /** The background host: opens a tunnel for another process. */
  connect: ((call: ControlCall) => Response | Promise<Response>) | undefined;
  /** The background host: begins to end it. */
  stop: (() => void) | undefined;
}

/** What is answered; undefined is for what there is not. */
export async function answerCall(call: ControlCall, options: RouteOptions): Promise<unknown> {
  const { sessions, identity, reports, epochMs } = options;
  const parts = call.path.split("/").slice(1).map(decode);
  if (parts.shift() !== "v1") return undefined;
  const [noun, id, verb, ...more] = parts;
  if (more.length > 0) return undefined;
  const route = `${call.method} ${noun}${id === undefined ? "" : "/…"}${
    verb === undefined ? "" : `/${verb}`
  }`;
  switch (route) {
    case "GET sessions": {
      const nowMs = epochMs();
      return {
        host: identity,
        ending: options.isEnding(),
        sessions: sessions.all.map((each) => sessionDetails(each.snapshot(), identity, nowMs)),
        ended_session_ids: sessions.endedIds,
      } satisfies HostAnswer;
    }
    case "POST sessions/…/terminate": {
      const session = sessions.find(id!);
      if (session === undefined) throw new ControlRefusal(404, "no such session");
      const { sessionId } = session.snapshot();
      await session.close();
      return { session_id: sessionId };
    }
    case "POST sessions/…/reconnect": {
      const session = sessions.find(id!);
      if (session === undefined) throw new ControlRefusal(404, "no such session");
      session.reconnect();
      return { session_id: session.snapshot().sessionId };
    }
    case "GET reports/…":
      return Object.hasOwn(reports, id!) ? await reports[id!]!() : undefined;
    case "POST connect":
      return await options.connect?.(call);
    case "POST stop":
      if (options.stop === undefined) return undefined;
      options.stop();
      return identity;
    default:
      return undefined;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ControlRefusal(400, "malformed path");
  }
}
