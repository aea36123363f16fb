/**
 * What serves a local port over an open data channel, whichever way the agent understands.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import type { ConnectionEvent } from "./contracts.ts";

/** What a forwarder tells its session. */
export interface ForwarderEvents {
  onConnection(event: ConnectionEvent): void;
  /** Bytes taken from (`up`) or received for (`down`) local programs. */
  onBytes(count: { up: number; down: number }): void;
  /** The peer broke the protocol: the session cannot go on. */
  onBroken(reason: string): void;
}

export interface ForwarderOptions {
  clock: Clock;
  events: ForwarderEvents;
  /** What to say of a connection that the agent could not make. */
  refusalText: string;
}

export interface Forwarder {
  readonly openConnections: number;
  /** Serves connections until the listener is closed. Never rejects. */
  serve(listener: Deno.TcpListener): Promise<void>;
  /** Resets every connection and releases every timer. The listener stays the caller's. */
  stop(): void;
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
