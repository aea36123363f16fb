/**
 * Carries faults out: at once on live sessions, or by keeping them in the registry.
 *
 * @module
 */
import type { CredentialStore } from "../aws/credential_store.ts";
import type { FaultControls } from "../contracts.ts";
import type { LiveSession } from "../live_session.ts";
import type { SessionHost } from "../session_host.ts";
import type { ActiveFault, Fault, FaultResult, FaultScope, ImmediateFault } from "./fault.ts";
import { garbage } from "./garbage.ts";
import { parseFault } from "./parse.ts";
import type { FaultRegistry } from "./registry.ts";

const DEFAULT_CLOSE = { code: 1000, reason: "Bye" };

export class FaultEngine implements FaultControls {
  readonly #registry: FaultRegistry;
  readonly #sessions: SessionHost;
  readonly #credentials: CredentialStore;
  readonly #nowMs: () => number;

  constructor(world: {
    registry: FaultRegistry;
    sessions: SessionHost;
    credentials: CredentialStore;
    nowMs(): number;
  }) {
    this.#registry = world.registry;
    this.#sessions = world.sessions;
    this.#credentials = world.credentials;
    this.#nowMs = () => world.nowMs();
  }

  apply(fault: Fault): FaultResult {
    // Checked here too: callers in the process may be plain JavaScript, or hold parsed JSON.
    const checked = parseFault(fault);
    switch (checked.fault) {
      case "cut":
        return this.#strikeConnected(checked, (session) => session.socket?.cut());
      case "close": {
        const { code, reason } = { ...DEFAULT_CLOSE, ...checked };
        return this.#strikeConnected(checked, (session) => session.socket?.close(code, reason));
      }
      case "garbage":
        return this.#strikeConnected(checked, (session) => {
          for (let i = 0; i < (checked.times ?? 1); i++) {
            session.socket?.send(garbage(checked.kind, i));
          }
        });
      case "pause_publication":
      case "start_publication":
        return this.#strikeConnected(
          checked,
          (session) => session.publish(checked.fault, checked.to ?? "client"),
        );
      case "end_session":
        return this.#strike(checked, (session) => session.terminate(checked.output ?? ""));
      case "expire_credentials": {
        const affected = this.#credentials.expireTemporary(this.#nowMs());
        return checked.user_key ? { affected, id: this.#registry.add(checked) } : { affected };
      }
      default:
        return { id: this.#registry.add(checked) };
    }
  }

  list(): ActiveFault[] {
    return this.#registry.list();
  }

  clear(id?: number): void {
    this.#registry.clear(id);
  }

  #strike(scope: FaultScope, strike: (session: LiveSession) => void): FaultResult {
    const sessions = this.#sessions.inScope(scope);
    for (const session of sessions) strike(session);
    return { affected: sessions.length };
  }

  #strikeConnected(
    scope: ImmediateFault,
    strike: (session: LiveSession) => void,
  ): FaultResult {
    const sessions = this.#sessions.inScope(scope).filter(({ socket }) => socket !== undefined);
    for (const session of sessions) strike(session);
    return { affected: sessions.length };
  }
}
