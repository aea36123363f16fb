/**
 * A gateway on loopback with a scripted agent behind it, and the service's three calls, for tests of
 * whole sessions. Independent of the sandbox: the two check the program from two sides.
 *
 * @module
 */
import type { SessionGrant, SessionService, StartSessionRequest } from "../../src/session/mod.ts";
import { type AgentScript, ScriptedAgent } from "./scripted_agent.ts";
import { Watched } from "./watched.ts";
import { serverFrame, type UpgradeRequest, WebSocketPeer } from "./websocket_peer.ts";

export interface GatewayScript extends AgentScript {
  /** Answers the upgrade; resolves to whether the connection goes on. Default: 101. */
  answerUpgrade?(peer: WebSocketPeer, request: UpgradeRequest): Promise<boolean>;
  /** Default: a grant, or `undefined` once the session was terminated. */
  onResume?(attempt: number): SessionGrant | undefined | Promise<SessionGrant | undefined>;
  onTerminate?(): Promise<void>;
}

/** The first text message of a connection. */
export interface OpenRequest {
  MessageSchemaVersion: string;
  RequestId: string;
  TokenValue: string;
  ClientId: string;
  ClientVersion: string;
}

export const SESSION_ID = "user-0123456789abcdef0";
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

export class ScriptedGateway extends Watched implements AsyncDisposable {
  readonly agent: ScriptedAgent;
  /** Calls of the service, in order: `start`, `resume`, `terminate`. */
  readonly calls: string[] = [];
  readonly started: StartSessionRequest[] = [];
  readonly upgrades: UpgradeRequest[] = [];
  readonly openRequests: OpenRequest[] = [];
  readonly service: SessionService;
  /** What the client sent that no agent could take; looked at when the gateway is disposed of. */
  readonly #failures: unknown[] = [];
  /** Whether binary messages reach the agent: false swallows them, as a dying network does. */
  forwards = true;
  readonly #script: GatewayScript;
  readonly #listener: Deno.TcpListener;
  readonly #peers = new Set<WebSocketPeer>();
  readonly #work = new Set<Promise<void>>();
  #tokens = 0;
  #isTerminated = false;

  constructor(script: GatewayScript = {}) {
    super();
    this.#script = script;
    this.agent = new ScriptedAgent(script);
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.service = {
      startSession: (request) => this.#start(request),
      resumeSession: () => this.#resume(),
      terminateSession: () => this.#terminate(),
    };
    this.#track(this.#serve());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** The address and a token that is good for one connection. */
  grant(): SessionGrant {
    return {
      sessionId: SESSION_ID,
      streamUrl: `ws://127.0.0.1:${this.port}/v1/data-channel/${SESSION_ID}` +
        "?role=publish_subscribe&cell-number=AAEC+/8=",
      tokenValue: `token-${++this.#tokens}`,
    };
  }

  get connections(): number {
    return this.#peers.size;
  }

  /** Drops every connection without a close frame. */
  cut(): void {
    this.agent.disconnect();
    for (const peer of this.#peers) peer.cut();
    this.#peers.clear();
  }

  /** Closes every connection in order, as the service does each hour. */
  async closeConnections(code: number, reason: string): Promise<void> {
    this.agent.disconnect();
    const payload = new Uint8Array([code >> 8, code & 0xff, ...new TextEncoder().encode(reason)]);
    await Promise.all([...this.#peers].map((peer) => peer.write(serverFrame(CLOSE, payload))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#work);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #start(request: StartSessionRequest): Promise<SessionGrant> {
    this.calls.push("start");
    this.started.push(request);
    return Promise.resolve(this.grant());
  }

  async #resume(): Promise<SessionGrant | undefined> {
    this.calls.push("resume");
    this.changed();
    const attempt = this.calls.filter((call) => call === "resume").length;
    if (this.#script.onResume !== undefined) return await this.#script.onResume(attempt);
    return this.#isTerminated ? undefined : this.grant();
  }

  async #terminate(): Promise<void> {
    this.calls.push("terminate");
    this.changed();
    await this.#script.onTerminate?.();
    this.#isTerminated = true;
    this.agent.closeChannel();
  }

  async #serve(): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch {
        return;
      }
      conn.setNoDelay(true);
      const peer = new WebSocketPeer(conn);
      this.#peers.add(peer);
      this.#track(
        this.#relay(peer).catch(() => {}).finally(() => {
          peer.cut();
          this.#peers.delete(peer);
          this.changed();
        }),
      );
    }
  }

  async #relay(peer: WebSocketPeer): Promise<void> {
    const request = await peer.readRequest();
    this.upgrades.push(request);
    if (this.#script.answerUpgrade === undefined) await peer.accept(request);
    else if (!await this.#script.answerUpgrade(peer, request)) return;
    for (;;) {
      const frame = await peer.readFrame();
      if (frame === undefined) break;
      if (frame.opcode === CLOSE) {
        await peer.write(serverFrame(CLOSE, frame.payload));
        break;
      }
      if (frame.opcode === TEXT) this.#open(peer, frame.payload);
      if (frame.opcode === BINARY && this.forwards) this.#forward(frame.payload);
      this.changed();
    }
  }

  #forward(message: Uint8Array): void {
    try {
      this.agent.receive(message);
    } catch (error) {
      this.#failures.push(error);
    }
  }

  #open(peer: WebSocketPeer, payload: Uint8Array): void {
    const request: OpenRequest = JSON.parse(new TextDecoder().decode(payload));
    this.openRequests.push(request);
    if (request.TokenValue !== `token-${this.#tokens}`) return peer.cut();
    let queue = Promise.resolve();
    this.agent.connect((frame) => {
      queue = queue.then(() => peer.write(serverFrame(BINARY, frame)));
    });
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }
}
