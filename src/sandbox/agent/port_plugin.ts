/**
 * What the agent's port plugins share beyond what every plugin has.
 *
 * @module
 */
import type { AgentPlugin, PluginHost } from "./plugin.ts";

/** Source: agent contracts/model.go PayloadTypeFlag. */
export const FLAG = { disconnectToPort: 1, terminateSession: 2, connectToPortError: 3 } as const;

export interface PortPlugin extends AgentPlugin {
  readonly mode: "mux" | "basic" | "stdio";
  takeFlag(flag: number): void;
}

/** The session, as a port plugin sees it. */
export interface PortHost extends PluginHost {
  /** Connects to the session's target. @throws {Error} */
  dial(): Promise<Deno.TcpConn>;
}

/** The 4 bytes of a Flag payload. */
export function flagPayload(value: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, value);
}
