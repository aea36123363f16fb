/**
 * What `connect` is made of. The factory joins the real parts, tests hand in others.
 *
 * @module
 */

import type { Instance, InstanceLookup } from "../../aws/mod.ts";
import type { LocalAddress, RunningChild } from "../../platform/mod.ts";
import type {
  Forward,
  HostedSession,
  SessionEvent,
  SessionReady,
  SessionStatistics,
} from "../../session/mod.ts";
import type { Hosting } from "../hosting.ts";
import type { ChosenInstance } from "./choose_instance.ts";

/** A session that serves a local port. */
export interface Tunnel extends HostedSession {
  readonly ready: SessionReady;
  stats(): SessionStatistics;
}

/** What one tunnel is opened with. */
export interface TunnelRequest {
  instance: ChosenInstance;
  forward: Forward;
  /** The tunnel closes it, also when opening fails. */
  listener: Deno.TcpListener;
  onEvent(event: SessionEvent): void;
  signal: AbortSignal;
}

export interface ConnectParts extends Disposable {
  /** Begins to make this process a host of its sessions. */
  startHosting(): Hosting;
  readonly instances: InstanceLookup;
  listen(address: LocalAddress): Promise<Deno.TcpListener>;
  openTunnel(request: TunnelRequest): Promise<Tunnel>;
  startChild(command: readonly string[], options: { env: Record<string, string> }): RunningChild;
  /** Lets a person choose one of several. Only called where one can be asked. */
  pickInstance(instances: readonly Instance[], question: string): Promise<Instance>;
}
