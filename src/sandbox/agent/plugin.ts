/**
 * What the agent's plugins are, and what they need of their session.
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
export const PAYLOAD = { output: 1, size: 3, flag: 10, stdErr: 11, exitCode: 12 } as const;

export type PluginMode = "mux" | "basic" | "stdio" | "shell" | "interactive" | "command";

export interface AgentPlugin {
  readonly mode: PluginMode;
  /** Connections to targets now; always 0 for shells and commands. */
  readonly connections: number;
  /** So much waits for the targets that nothing more may come; `unblocked` says when it may. */
  readonly isBlocked: boolean;
  start(): void;
  /** Takes a payload of type Output. */
  takeOutput(payload: Uint8Array): Verdict;
  /** Takes a payload of type Size; a plugin without a terminal ignores it. */
  takeSize?(payload: Uint8Array): Verdict;
  /** Takes a Flag other than TerminateSession; only ports know any. */
  takeFlag?(flag: number): void;
  /** Messages may be sent again. */
  onRoom(): void;
  /** Ends everything that the plugin has opened or started; resolves when that is gone. */
  close(): void | Promise<void>;
}

/** The session, as a plugin sees it. */
export interface PluginHost {
  readonly isPaced: boolean;
  /** False while the client is away: the service has asked to send nothing. */
  isActive(): boolean;
  /** Whether targets may be read: no pause, room in the buffers, a gateway that takes messages. */
  canSend(): boolean;
  /** Sends one payload; it is copied. */
  send(payloadType: number, payload: Uint8Array): void;
  /** Payloads that were refused are taken now. */
  becameReady(): void;
  /** `isBlocked` is false again. */
  unblocked(): void;
  /** Ends the session; `text` is what the client is told. */
  fail(text: string): void;
  /** Ends the session as it should end. */
  finish(): void;
}
