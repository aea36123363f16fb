/**
 * What moves bytes over an open data channel, whichever way the agent understands.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import { PAYLOAD_TYPE, type SessionCipher, STREAM_PAYLOAD_BYTES } from "../protocol/mod.ts";
import type { ConnectionEvent } from "./contracts.ts";
import type { DataChannel } from "./data_channel.ts";

/** What a forwarder tells its session. */
export interface ForwarderEvents {
  onConnection(event: ConnectionEvent): void;
  /** Bytes taken from (`up`) or received for (`down`) local programs. */
  onBytes(count: { up: number; down: number }): void;
  /** The peer broke the protocol: the session cannot go on. */
  onBroken(reason: string): void;
  /** The local side wants nothing more: the session ends as if somebody had asked for it. */
  onFinished(): void;
}

export interface ForwarderOptions {
  clock: Clock;
  /** Whether memory is to be spared rather than calls. Default: never. */
  isFrugal?: (() => boolean) | undefined;
  events: ForwarderEvents;
}

/** Moves bytes over one data channel, from its handshake to its end. */
export interface Forwarder {
  readonly openConnections: number;
  /**
   * Sends a message that the agent acknowledges and does nothing with. Left out: the session sends one
   * that any agent ignores outside a shell.
   */
  heartbeat?(): void;
  /**
   * Breaks every connection off, with the reason, and releases every timer. What was not served yet
   * stays open.
   */
  stop(reason: string): void;
}

/** A forwarder of local TCP connections. */
export interface ConnectionForwarder extends Forwarder {
  /**
   * Serves one connection from now on, or as soon as there is a place for it.
   *
   * @param connection Its number, for the events.
   * @returns When it is served; false when the forwarder was stopped before: it is still the caller's.
   */
  serve(conn: Deno.TcpConn, connection: number): Promise<boolean>;
}

export interface ConnectionForwarderOptions extends ForwarderOptions {
  /** What to say of a connection that the agent could not make. */
  refusalText: string;
}

/**
 * Sends bytes as payloads of a session without a multiplexer, while the window has room.
 *
 * @param cipher Of a session that is encrypted.
 * @returns What there was no room for.
 */
export function sendOutput(
  channel: DataChannel,
  bytes: Uint8Array,
  cipher?: SessionCipher,
): Uint8Array {
  while (bytes.byteLength > 0 && channel.hasRoom) {
    const payload = bytes.subarray(0, STREAM_PAYLOAD_BYTES);
    channel.send(PAYLOAD_TYPE.output, cipher === undefined ? payload : cipher.encrypt(payload));
    bytes = bytes.subarray(STREAM_PAYLOAD_BYTES);
  }
  return bytes;
}

/**
 * Accepts connections until the listener is closed. A failed accept (too many open files, a
 * connection that was gone already) is waited out: the listener outlives it.
 */
export async function* acceptAll(
  listener: Deno.TcpListener,
  clock: Clock,
): AsyncGenerator<Deno.TcpConn> {
  for (;;) {
    try {
      yield await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
        return;
      }
      await new Promise<void>((resolve) => clock.setTimeout(resolve, ACCEPT_RETRY_MS));
    }
  }
}

const ACCEPT_RETRY_MS = 100;
