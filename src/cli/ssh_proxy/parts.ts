/**
 * What `ssh-proxy` is made of. The factory joins the real parts, tests hand in others.
 *
 * @module
 */

import type { InstanceLookup, PublicKeyRequest } from "../../aws/mod.ts";
import type { HostedSession, SessionEnd, SessionEvent, SessionReady } from "../../session/mod.ts";
import type { Hosting } from "../hosting.ts";

/** A session that carries the standard streams. */
export interface SshStream {
  readonly ready: SessionReady;
  readonly closed: Promise<SessionEnd>;
  close(): Promise<void>;
  /** As other processes see it. */
  readonly held: HostedSession;
  /** Resolves when everything that has arrived is on standard output, or never will be. */
  flushed(): Promise<void>;
}

/** What it is opened with. */
export interface SshStreamRequest {
  instanceId: string;
  remotePort: number;
  /** Nothing of standard input is read before it resolves. */
  inputReady: Promise<void>;
  onEvent(event: SessionEvent): void;
  signal: AbortSignal;
}

export interface SshProxyParts extends Disposable {
  /** Begins to make this process a host of its session. */
  startHosting(): Hosting;
  readonly instances: InstanceLookup;
  /** Lets a public key in for a minute. */
  sendSshPublicKey(request: PublicKeyRequest, signal: AbortSignal): Promise<void>;
  /** Reads nothing of standard input before the session is ready. */
  open(request: SshStreamRequest): Promise<SshStream>;
}
