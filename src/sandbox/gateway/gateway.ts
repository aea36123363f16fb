/**
 * The message gateway: WebSockets on `/v1/data-channel/<SessionId>`.
 *
 * @module
 */
import { listenTcp } from "../../platform/mod.ts";
import type { CredentialStore } from "../aws/credential_store.ts";
import { verifySignature } from "../aws/sigv4.ts";
import type { FaultRegistry } from "../faults/registry.ts";
import type { LiveSession } from "../live_session.ts";
import type { SessionRegistry } from "../session_registry.ts";
import type { SandboxTiming } from "../timing.ts";
import { CLOSE_CODE } from "./frame_reader.ts";
import {
  acceptUpgrade,
  readRequestHead,
  refuseUpgrade,
  type RequestHead,
  upgradeProblem,
} from "./http_head.ts";
import { parseOpenRequest } from "./open_request.ts";
import { ServerSocket } from "./server_socket.ts";

export interface GatewayOptions {
  hostname: string;
  sessions: SessionRegistry;
  find(sessionId: string): LiveSession | undefined;
  credentials: CredentialStore;
  faults: FaultRegistry;
  timing: SandboxTiming;
  /** The services' clock. */
  nowMs(): number;
  log(line: string): void;
}

const LISTEN_RETRY_MS = 20;
const PATH = /^\/v1\/data-channel\/([^/]+)$/;

export class Gateway {
  readonly port: number;
  readonly #options: GatewayOptions;
  /** Undefined while the fault `gateway_down` is on. */
  #listener: Deno.TcpListener | undefined;
  readonly #connections = new Set<Deno.Conn>();
  readonly #sockets = new Set<ServerSocket>();
  readonly #tasks = new Set<Promise<void>>();
  #stopped = Promise.withResolvers<void>();
  #isStopped = false;
  readonly #forgetFaults: () => void;

  private constructor(listener: Deno.TcpListener, options: GatewayOptions) {
    this.#options = options;
    this.port = listener.addr.port;
    this.#serveOn(listener);
    this.#forgetFaults = options.faults.onChange(() => this.#goDownOrUp());
  }

  /** @throws {AppError} `resource` when it cannot listen. */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const listener = await listenTcp({ bind: options.hostname, port: 0 });
    return new Gateway(listener, options);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopped.resolve();
    this.#forgetFaults();
    this.#close();
    await Promise.all(this.#tasks);
  }

  #serveOn(listener: Deno.TcpListener): void {
    this.#listener = listener;
    this.#run(this.#accept(listener));
  }

  #close(): void {
    this.#listener?.close();
    this.#listener = undefined;
    // One that a fault has frozen would not notice that its connection is closed.
    for (const socket of this.#sockets) socket.cut();
    for (const conn of this.#connections) close(conn);
  }

  /** The fault `gateway_down` may have come or gone. */
  #goDownOrUp(): void {
    const { isGatewayDown } = this.#options.faults;
    if (isGatewayDown && this.#listener !== undefined) this.#close();
    else if (!isGatewayDown && this.#listener === undefined) this.#run(this.#comeBack());
  }

  /** Listens on the same port again; a connection of somebody's may hold it for a moment. */
  async #comeBack(): Promise<void> {
    const isWanted = () =>
      !this.#isStopped && !this.#options.faults.isGatewayDown && this.#listener === undefined;
    while (isWanted()) {
      try {
        return this.#serveOn(
          Deno.listen({ hostname: this.#options.hostname, port: this.port, transport: "tcp" }),
        );
      } catch {
        await new Promise((resolve) => setTimeout(resolve, LISTEN_RETRY_MS));
      }
    }
  }

  #run(task: Promise<void>): void {
    this.#tasks.add(task);
    task.finally(() => this.#tasks.delete(task));
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      try {
        conn = await listener.accept();
      } catch {
        if (this.#listener !== listener) return;
        continue; // One that went away before it was accepted; the next may be whole.
      }
      this.#run(this.#serve(conn));
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    this.#connections.add(conn);
    try {
      conn.setNoDelay(true);
      const head = await this.#readHead(conn);
      if (head !== undefined) await this.#open(conn, head);
    } catch {
      // The client went away, or the sandbox stopped.
    }
    this.#connections.delete(conn);
    close(conn);
  }

  async #readHead(conn: Deno.Conn): Promise<RequestHead | undefined> {
    const timer = setTimeout(() => close(conn), this.#options.timing.openTimeoutMs);
    try {
      return await readRequestHead(conn);
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(conn: Deno.Conn, head: RequestHead): Promise<void> {
    const { faults, log } = this.#options;
    const problem = upgradeProblem(head);
    if (problem !== undefined) return await this.#refuse(conn, 400, problem);
    const sessionId = decodeSessionId(PATH.exec(head.path)?.[1]);
    const session = sessionId === undefined ? undefined : this.#options.find(sessionId);
    if (session === undefined) return await this.#refuse(conn, 404, "there is no such session");
    if (new URLSearchParams(head.query).get("role") !== "publish_subscribe") {
      return await this.#refuse(conn, 400, "the role must be publish_subscribe");
    }
    await this.#waitOutBlackhole(session);
    if (faults.take("hang_upgrade", session.struck) !== undefined) {
      log(`upgrade of ${sessionId} left hanging`);
      return await untilEnd(conn);
    }
    const refusal = faults.take("refuse_upgrade", session.struck);
    if (refusal !== undefined) {
      return await this.#refuse(conn, refusal.status ?? 403, "refused by a fault");
    }
    const unsigned = this.#signatureProblem(head);
    if (unsigned !== undefined) return await this.#refuse(conn, 403, unsigned);
    await writeAll(conn, acceptUpgrade(head));
    await this.#converse(conn, { head, session });
  }

  /** From the upgrade to the end of the connection. */
  async #converse(
    conn: Deno.Conn,
    { head, session }: { head: RequestHead; session: LiveSession },
  ): Promise<void> {
    const { sessionId } = session.record;
    let isOpen = false;
    const socket: ServerSocket = new ServerSocket(conn, {
      onMessage: (message) => {
        if (!isOpen) {
          isOpen = this.#takeFirst(message, { socket, session });
          if (isOpen) clearTimeout(timer);
        } else if (message.isText) {
          socket.close(CLOSE_CODE.unsupportedData, "Only binary messages after the first");
        } else {
          session.receive(socket, message.payload);
        }
      },
      onClose: (code, reason) => {
        this.#options.log(`connection of ${sessionId} closed: ${code} ${reason}`.trimEnd());
        session.detach(socket);
      },
      onDrained: () => session.onDrained(),
      // The token is read in any case: it is the service that takes it, not the agent.
      shouldStopReading: () => isOpen && session.shouldStopReading,
    });
    const timer = setTimeout(
      () => socket.close(CLOSE_CODE.policyViolation, "No token came"),
      this.#options.timing.openTimeoutMs,
    );
    const fault = this.#options.faults.take("close_at_once", session.struck);
    if (fault?.code !== undefined) socket.close(fault.code, "");
    else if (fault !== undefined) socket.cut();
    this.#sockets.add(socket);
    try {
      await socket.run(head.rest);
    } finally {
      this.#sockets.delete(socket);
      clearTimeout(timer);
    }
  }

  /** The first message must be text and hold a good token; false closes the connection. */
  #takeFirst(
    message: { isText: boolean; payload: Uint8Array },
    { socket, session }: { socket: ServerSocket; session: LiveSession },
  ): boolean {
    const { sessions, nowMs, log } = this.#options;
    const { sessionId } = session.record;
    const request = message.isText
      ? parseOpenRequest(message.payload)
      : { problem: "the first message must be text" };
    const problem = "problem" in request
      ? request.problem
      : sessions.redeemToken(request.tokenValue, sessionId, nowMs());
    if (problem !== undefined || "problem" in request) {
      log(`connection of ${sessionId} refused: ${problem}`);
      socket.close(CLOSE_CODE.policyViolation, problem ?? "");
      return false;
    }
    log(`connection of ${sessionId} open`);
    session.attach(socket, request);
    return true;
  }

  /** An unsigned upgrade is let in: the token in the first message is the credential. */
  #signatureProblem(head: RequestHead): string | undefined {
    // A presigned address is let in too: the reference signs with headers only, and no client of
    // this sandbox gets a presigned StreamUrl from it.
    if (head.header("authorization") === undefined) return undefined;
    const verdict = verifySignature({ ...head, body: new Uint8Array(0) }, {
      store: this.#options.credentials,
      nowMs: this.#options.nowMs(),
    });
    if (!verdict.ok) return `the signature is not good: ${verdict.detail}`;
    if (verdict.service !== "ssmmessages") {
      return `signed for ${verdict.service}, wanted ssmmessages`;
    }
    return undefined;
  }

  async #waitOutBlackhole(session: LiveSession): Promise<void> {
    const { faults } = this.#options;
    while (!this.#isStopped && faults.matching("blackhole", session.struck).length > 0) {
      const changed = Promise.withResolvers<void>();
      const forget = faults.onChange(() => changed.resolve());
      await Promise.race([changed.promise, this.#stopped.promise]);
      forget();
    }
  }

  async #refuse(conn: Deno.Conn, status: number, text: string): Promise<void> {
    this.#options.log(`upgrade refused with ${status}: ${text}`);
    await writeAll(conn, refuseUpgrade(status, text));
  }
}

function decodeSessionId(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await conn.write(bytes.subarray(at));
}

async function untilEnd(conn: Deno.Conn): Promise<void> {
  const scratch = new Uint8Array(1024);
  while (await conn.read(scratch) !== null);
}
