/**
 * What `connect` is made of. The factory joins the real parts, tests hand in others.
 *
 * @module
 */

import type { AppError } from "../../errors/mod.ts";
import type { LocalAddress, RunningChild } from "../../platform/mod.ts";
import type {
  Forward,
  HostedSession,
  SessionEvent,
  SessionReady,
  SessionStatistics,
} from "../../session/mod.ts";
import type { Hosting } from "../hosting.ts";
import type { ChoosingParts, ChosenInstance } from "../pick/choose_instance.ts";

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

/** What a diagnosis is about. */
export interface DiagnosedTarget {
  instanceId: string;
}

/** Finds out why a connection cannot work. */
export interface ConnectDiagnosis {
  /** Runs the quick checks. @throws {AppError} Naming the cause, when one of them is critical. */
  before(target: DiagnosedTarget): Promise<void>;
  /** The same error with the likeliest cause, as far as one is found. Never rejects. */
  explain(error: AppError, target: DiagnosedTarget): Promise<AppError>;
}

export interface ConnectParts extends ChoosingParts, Disposable {
  /** Begins to make this process a host of its sessions. */
  startHosting(): Hosting;
  listen(address: LocalAddress): Promise<Deno.TcpListener>;
  openTunnel(request: TunnelRequest): Promise<Tunnel>;
  startChild(command: readonly string[], options: { env: Record<string, string> }): RunningChild;
  /** Loaded when it is wanted: most connections work. Undefined: nothing is ever diagnosed. */
  diagnosis?: (() => Promise<ConnectDiagnosis>) | undefined;
}
