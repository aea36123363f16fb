/**
 * What `shell`, `exec` and `ssh-proxy` see of the session that they open.
 *
 * @module
 */

import type { HostedSession, SessionEnd, SessionReady } from "../session/mod.ts";

/** A session whose bytes come and go through this process's streams. */
export interface StreamSession {
  readonly ready: SessionReady;
  readonly closed: Promise<SessionEnd>;
  close(): Promise<void>;
  /** As other processes see it. */
  readonly held: HostedSession;
  /** Resolves when everything that has arrived is written, or never will be. */
  flushed(): Promise<void>;
}
