/**
 * A whole tunnel in the test's process: the real session, WebSocket and AWS calls against a sandbox.
 *
 * @module
 */
import { Aws } from "../../src/aws/mod.ts";
import { type Clock, listenTcp } from "../../src/platform/mod.ts";
import type { SessionSnapshot } from "../../src/sandbox/mod.ts";
import {
  type ConnectionEvent,
  LocalListener,
  PortSession,
  type PortSessionOptions,
  webSocketTransport,
} from "../../src/session/mod.ts";
import { closeQuietly } from "./forwarding.ts";
import type { TestSandbox } from "./sandbox.ts";
import { EventLog, UNWATCHED_MS } from "./session_case.ts";

export interface TunnelOptions {
  /** Name or scenario of the instance; the first healthy one when left out. */
  instance?: string;
  remotePort: number;
  remoteHost?: string;
  clock?: Clock;
  /** Undefined, the default: a lost connection ends the session. */
  reconnect?: PortSessionOptions["reconnect"];
  /** Default: a busy machine's silences are no loss. */
  healthCheckIntervalMs?: number;
}

export class Tunnel implements AsyncDisposable {
  readonly events: EventLog;
  readonly session: PortSession;
  readonly #aws: Aws;
  readonly #box: TestSandbox;
  readonly #programs: Deno.TcpConn[] = [];

  private constructor(parts: { aws: Aws; box: TestSandbox; session: PortSession; log: EventLog }) {
    this.#aws = parts.aws;
    this.#box = parts.box;
    this.session = parts.session;
    this.events = parts.log;
  }

  /** @throws {AppError} As `PortSession.open`; nothing is left open then. */
  static async open(box: TestSandbox, options: TunnelOptions): Promise<Tunnel> {
    const { instance = "healthy", remotePort, remoteHost, clock, reconnect } = options;
    const { healthCheckIntervalMs = UNWATCHED_MS } = options;
    const env = sandboxEnvironment(box);
    const aws = new Aws({ connectionTimeoutMs: 30_000, requestTimeoutMs: 30_000, env });
    const log = new EventLog();
    try {
      const session = await PortSession.open({
        service: aws.sessionService(),
        openTransport: webSocketTransport({ signUpgrade: (url) => aws.signUpgrade(url), env }),
        target: { instanceId: box.instance(instance).instanceId },
        local: new LocalListener({
          bind: "127.0.0.1",
          localPort: 0,
          remotePort,
          ...(remoteHost === undefined ? {} : { remoteHost }),
        }, await listenTcp({ bind: "127.0.0.1", port: 0 })),
        connectTimeoutMs: 30_000,
        reconnect,
        healthCheckIntervalMs,
        onEvent: log.onEvent,
        signal: new AbortController().signal,
        ...(clock === undefined ? {} : { clock }),
      });
      return new Tunnel({ aws, box, session, log });
    } catch (error) {
      aws.close();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.session.ready.localPort}`;
  }

  /** The session as the sandbox sees it. */
  get remote(): SessionSnapshot {
    return this.#box.session(this.session.ready.sessionId);
  }

  /** What became of one local connection so far. */
  connection(number: number): ConnectionEvent[] {
    return this.events.all.filter((event) => event.type === "connection")
      .filter(({ connection }) => connection === number);
  }

  /** Resolves when that many connections have come to that status. */
  became(status: ConnectionEvent["status"], times: number): Promise<void> {
    return this.events.when(() =>
      this.events.connections.filter((each) => each === status).length >= times
    );
  }

  /** A local program's connection; closed with the tunnel. */
  async connect(): Promise<Deno.TcpConn> {
    const { localPort } = this.session.ready;
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: localPort });
    this.#programs.push(conn);
    return conn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const conn of this.#programs) closeQuietly(conn);
    await this.session.close();
    this.#aws.close();
  }
}

/** An environment that knows the sandbox and nothing of this machine. */
function sandboxEnvironment({ sandbox }: TestSandbox): (name: string) => string | undefined {
  const variables = new Map([
    ["AWS_ENDPOINT_URL", sandbox.endpointUrl],
    ["AWS_REGION", sandbox.region],
    ["AWS_ACCESS_KEY_ID", sandbox.credentials.accessKeyId],
    ["AWS_SECRET_ACCESS_KEY", sandbox.credentials.secretAccessKey],
  ]);
  return (name) => variables.get(name);
}
