/**
 * A listener whose connections come out at a port of the instance, or of a host that it reaches.
 *
 * @module
 */
import { BasicForwarder } from "./basic_forwarder.ts";
import type { Forward, StartSessionRequest } from "./contracts.ts";
import {
  acceptAll,
  type ConnectionForwarder,
  type ConnectionForwarderOptions,
  type ForwarderOptions,
} from "./forwarder.ts";
import { performPortHandshake, type PortHandshake } from "./handshake.ts";
import type {
  AttachedChannel,
  Attachment,
  LocalFacts,
  LocalSide,
  StartedSession,
} from "./local_side.ts";
import { MuxForwarder } from "./mux_forwarder.ts";
import { forwardingMode, startRequest } from "./port_document.ts";

export class LocalListener implements LocalSide<PortHandshake> {
  readonly canRestart = true;
  readonly facts: LocalFacts;
  readonly #forward: Forward;
  readonly #listener: Deno.TcpListener;
  #forwarder: ConnectionForwarder | undefined;
  #isServing = false;
  #isClosed = false;
  /** Another forwarder is there, or nobody will come any more. */
  #changed = Promise.withResolvers<void>();
  #count = 0;

  /**
   * @param listener Already listening, closed with this. Connections made before a channel is attached,
   * and those between two channels, wait.
   */
  constructor(forward: Forward, listener: Deno.TcpListener) {
    this.#forward = forward;
    this.#listener = listener;
    const { bind, remoteHost, remotePort } = forward;
    const localPort = listener.addr.port;
    this.facts = { kind: "port", bind, localPort, remoteHost, remotePort };
  }

  request(about: { instanceId: string; reason: string | undefined }): StartSessionRequest {
    return startRequest(this.#forward, { ...about, localPort: this.facts.localPort });
  }

  agree({ channel }: StartedSession, signal: AbortSignal): Promise<PortHandshake> {
    return performPortHandshake(channel, signal);
  }

  attach(
    { channel, handshake, instanceId }: AttachedChannel<PortHandshake>,
    options: ForwarderOptions,
  ): Attachment {
    const { remoteHost, remotePort } = this.#forward;
    const { mode, needsSmuxKeepAlive, hasTerminateFlag } = forwardingMode(handshake, {
      instanceId,
      remoteHost,
    });
    const all: ConnectionForwarderOptions = {
      ...options,
      refusalText: `the agent could not connect to ${remoteHost ?? "localhost"}:${remotePort}: ` +
        "nothing listens there, or it cannot be reached from the instance",
    };
    const forwarder = mode === "mux"
      ? new MuxForwarder(channel, { ...all, needsKeepAlive: needsSmuxKeepAlive })
      : new BasicForwarder(channel, all);
    this.#forwarder = forwarder;
    this.#change();
    if (!this.#isServing) this.#serve(options);
    return { forwarder, mode, hasTerminateFlag };
  }

  close(): void {
    this.#isClosed = true;
    try {
      this.#listener.close();
    } catch {
      // The caller closed it first.
    }
    this.#change();
  }

  async #serve({ clock }: Pick<ForwarderOptions, "clock">): Promise<void> {
    this.#isServing = true;
    for await (const conn of acceptAll(this.#listener, clock)) {
      await this.#handOver(conn, ++this.#count);
    }
  }

  /** To the forwarder that is there, or to the next one. */
  async #handOver(conn: Deno.TcpConn, connection: number): Promise<void> {
    while (!this.#isClosed) {
      const forwarder = this.#forwarder;
      if (await forwarder?.serve(conn, connection)) return;
      if (!this.#isClosed && this.#forwarder === forwarder) await this.#changed.promise;
    }
    conn.close();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
