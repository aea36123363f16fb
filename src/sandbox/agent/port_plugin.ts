/**
 * What the agent's port plugins share: what they are, and what they need of their session.
 *
 * @module
 */
import type { Verdict } from "./channel.ts";

/** Source: agent config.go StreamDataPayloadSize. */
export const PAYLOAD_BYTES = 1024;
/**
 * Bytes that may wait for slow targets. Beyond that the agent's handler blocks while it writes, and so
 * does everything behind it: nothing more is read from the gateway. Source: port_mux.go and
 * port_basic.go HandleStreamMessage; the figure is smux's MaxReceiveBuffer.
 */
export const RECEIVE_BUDGET_BYTES = 4 * 1024 * 1024;

/** Payload types that plugins deal with. Source: agent contracts/model.go. */
export const PAYLOAD = { output: 1, flag: 10 } as const;
/** Source: agent contracts/model.go PayloadTypeFlag. */
export const FLAG = { disconnectToPort: 1, terminateSession: 2, connectToPortError: 3 } as const;

export interface PortPlugin {
  readonly mode: "mux" | "basic" | "stdio";
  /** Connections to targets now. */
  readonly connections: number;
  /** So much waits for the targets that nothing more may come; `unblocked` says when it may. */
  readonly isBlocked: boolean;
  start(): void;
  /** Takes a payload of type Output. */
  takeOutput(payload: Uint8Array): Verdict;
  /** Takes a Flag other than TerminateSession. */
  takeFlag(flag: number): void;
  /** Messages may be sent again. */
  onRoom(): void;
  /** Closes every connection. */
  close(): void;
}

/** The session, as a plugin sees it. */
export interface PluginHost {
  readonly isPaced: boolean;
  /** Whether targets may be read: no pause, room in the buffers, a gateway that takes messages. */
  canSend(): boolean;
  /** Sends one payload; it is copied. */
  send(payloadType: number, payload: Uint8Array): void;
  /** Payloads that were refused are taken now. */
  becameReady(): void;
  /** `isBlocked` is false again. */
  unblocked(): void;
  /** Connects to the session's target. @throws {Error} */
  dial(): Promise<Deno.TcpConn>;
  /** Ends the session; `text` is what the client is told. */
  fail(text: string): void;
  /** Ends the session as it should end. */
  finish(): void;
}

/** The 4 bytes of a Flag payload. */
export function flagPayload(value: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, value);
}
