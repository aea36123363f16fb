/**
 * What `ssh-proxy` is made of. The factory joins the real parts, tests hand in others.
 *
 * @module
 */

import type { InstanceLookup, PublicKeyRequest } from "../../aws/mod.ts";
import type { SessionEvent } from "../../session/mod.ts";
import type { Hosting } from "../hosting.ts";
import type { StreamSession } from "../stream_session.ts";

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
  open(request: SshStreamRequest): Promise<StreamSession>;
}
