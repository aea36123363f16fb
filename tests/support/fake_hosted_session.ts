/**
 * A session that a host can hold and that leads nowhere.
 *
 * @module
 */
import type {
  HostedSession,
  SessionEnd,
  SessionSnapshot,
  StateChange,
} from "../../src/session/mod.ts";

const STARTED_MS = Date.UTC(2024, 0, 1);

export class FakeHostedSession implements HostedSession {
  readonly #closed = Promise.withResolvers<SessionEnd>();
  readonly closed = this.#closed.promise;
  readonly #listeners = new Set<(change: StateChange) => void>();
  closeCalls = 0;
  reconnects = 0;
  isFrugal = false;
  facts: SessionSnapshot;

  constructor(facts: Partial<SessionSnapshot> = {}) {
    this.facts = {
      kind: "port",
      instanceId: "i-0123456789abcdef0",
      instanceName: "web",
      selector: "web",
      preset: undefined,
      region: "us-east-1",
      bind: "127.0.0.1",
      localPort: 8080,
      remoteHost: undefined,
      remotePort: 80,
      priority: "normal",
      keepAlive: "always",
      sessionId: "me-0001",
      previousSessionIds: [],
      state: "active",
      startedAtMs: STARTED_MS,
      sessionStartedAtMs: STARTED_MS,
      connectMs: 41.26,
      agentVersion: "3.3.0.0",
      mode: "mux",
      reconnects: 0,
      restarts: 0,
      bytesIn: 10,
      bytesOut: 20,
      roundTripMs: 1.54,
      roundTrips: [[58, 7]],
      openConnections: 1,
      retransmissions: 2,
      lastHeardAtMs: STARTED_MS,
      activeMs: 1_000,
      credentialsExpireAtMs: undefined,
      policy: undefined,
      lastActivityAtMs: STARTED_MS,
      history: [{ atMs: STARTED_MS, from: "handshaking", to: "active" }],
      ...facts,
    };
  }

  snapshot(): SessionSnapshot {
    return this.facts;
  }

  /** How many listen for changes; 0 when nobody holds it. */
  get listeners(): number {
    return this.#listeners.size;
  }

  change(to: SessionSnapshot["state"], facts: Partial<SessionSnapshot> = {}): void {
    const change = { atMs: STARTED_MS, from: this.facts.state, to };
    this.facts = { ...this.facts, ...facts, state: to };
    for (const listener of [...this.#listeners]) listener(change);
  }

  close(): Promise<void> {
    this.closeCalls++;
    this.change("closed");
    this.#closed.resolve({ by: "user", reason: "" });
    return Promise.resolve();
  }

  reconnect(): void {
    this.reconnects++;
  }

  setFrugal(isFrugal: boolean): void {
    this.isFrugal = isFrugal;
  }

  probe(): Promise<number> {
    return Promise.resolve(this.facts.roundTripMs ?? 0);
  }

  onStateChange(listener: (change: StateChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
}
