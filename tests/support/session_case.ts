/**
 * A port session over a fake network with a fake clock, and a service that a test plays.
 *
 * @module
 */
import {
  type Forward,
  LocalListener,
  PortSession,
  type PortSessionOptions,
  type SessionEvent,
  type SessionGrant,
  type SessionService,
  type StartSessionRequest,
} from "../../src/session/mod.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeNetwork, GRANT } from "./fake_transport.ts";
import { closeQuietly } from "./forwarding.ts";
import { type AgentScript, ScriptedAgent } from "./scripted_agent.ts";
import { Watched } from "./watched.ts";

/** The API, with a log. Replace `start`, `resume` and `terminate` to play it differently. */
export class FakeService extends Watched implements SessionService {
  /** Calls in order: `start`, `resume`, `terminate`. */
  readonly calls: string[] = [];
  readonly requests: StartSessionRequest[] = [];
  readonly signals: AbortSignal[] = [];
  start: () => Promise<SessionGrant> = () => Promise.resolve(GRANT);
  resume: (attempt: number) => Promise<SessionGrant | undefined> = (attempt) =>
    Promise.resolve({ ...GRANT, tokenValue: `token-${attempt + 1}` });
  terminate: () => Promise<void> = () => Promise.resolve();

  startSession(request: StartSessionRequest, signal: AbortSignal): Promise<SessionGrant> {
    this.requests.push(request);
    return this.#call("start", signal, () => this.start());
  }

  resumeSession(_sessionId: string, signal: AbortSignal): Promise<SessionGrant | undefined> {
    return this.#call("resume", signal, () => this.resume(this.count("resume")));
  }

  terminateSession(_sessionId: string, signal: AbortSignal): Promise<void> {
    return this.#call("terminate", signal, () => this.terminate());
  }

  count(call: string): number {
    return this.calls.filter((made) => made === call).length;
  }

  #call<T>(name: string, signal: AbortSignal, answer: () => Promise<T>): Promise<T> {
    this.calls.push(name);
    this.signals.push(signal);
    this.changed();
    return answer();
  }
}

/** What a session told. */
export class EventLog extends Watched {
  readonly all: SessionEvent[] = [];

  readonly onEvent = (event: SessionEvent): void => {
    this.all.push(event);
    this.changed();
  };

  /** The states that were entered, in order. */
  get states(): string[] {
    return this.all.flatMap((event) => event.type === "state" ? [event.to] : []);
  }

  /** Resolves when `state` is entered for the `times`-th time. */
  entered(state: string, times = 1): Promise<void> {
    return this.when(() => this.states.filter((name) => name === state).length >= times);
  }

  /** Resolves when `state` is entered the next time from now. */
  next(state: string): Promise<void> {
    return this.entered(state, this.states.filter((name) => name === state).length + 1);
  }

  /** What became of local connections, in order. */
  get connections(): string[] {
    return this.all.flatMap((event) => event.type === "connection" ? [event.status] : []);
  }

  messages(type: "notice" | "warning"): string[] {
    return this.all.flatMap((event) => event.type === type ? [event.message] : []);
  }
}

export const CONNECT_TIMEOUT_MS = 30_000;
/** Nothing is watched that a test does not want watched. */
export const UNWATCHED_MS = 86_400_000;
export const INSTANCE_ID = "i-0123456789abcdef0";

export class SessionCase implements AsyncDisposable {
  agent: ScriptedAgent;
  readonly clock = new FakeClock();
  readonly events = new EventLog();
  readonly listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly network: FakeNetwork;
  readonly service = new FakeService();
  readonly stop = new AbortController();
  readonly #programs: Deno.TcpConn[] = [];
  #session: PortSession | undefined;

  constructor(script: AgentScript = {}) {
    this.agent = new ScriptedAgent(script);
    this.network = new FakeNetwork(this.agent);
  }

  async open(
    options: Partial<PortSessionOptions> & { to?: Partial<Forward> } = {},
  ): Promise<PortSession> {
    const { to, ...rest } = options;
    this.#session = await PortSession.open({
      service: this.service,
      openTransport: this.network.openTransport,
      target: { instanceId: INSTANCE_ID },
      healthCheckIntervalMs: UNWATCHED_MS,
      local: new LocalListener(
        { bind: "127.0.0.1", localPort: 0, remotePort: 80, ...to },
        this.listener,
      ),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      onEvent: this.events.onEvent,
      signal: this.stop.signal,
      clock: this.clock,
      ...rest,
    });
    return this.#session;
  }

  /** Another agent, as every session of the service has its own: behind the next connection. */
  replaceAgent(script: AgentScript = {}): ScriptedAgent {
    this.agent = new ScriptedAgent(script);
    this.network.agent = this.agent;
    return this.agent;
  }

  /** A local program's connection; closed with the case. */
  async connect(): Promise<Deno.TcpConn> {
    const conn = await Deno.connect({ port: this.listener.addr.port });
    this.#programs.push(conn);
    return conn;
  }

  /** Whether the listener still takes connections. */
  async isListening(): Promise<boolean> {
    try {
      (await Deno.connect({ port: this.listener.addr.port })).close();
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const conn of this.#programs) closeQuietly(conn);
    await this.#session?.close();
    closeQuietly(this.listener);
  }
}
