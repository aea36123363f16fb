/**
 * What the database keeps of a session. Times are epoch milliseconds, sizes bytes.
 *
 * @module
 */
import type { RoundTripCounts } from "../protocol/mod.ts";

/** A session as it stands; counters since it began. A session's own snapshot fits by shape. */
export interface SessionRecord {
  /** AWS's id, the newest. */
  sessionId: string;
  /** AWS's ids before each restart, oldest first. */
  previousSessionIds: readonly string[];
  kind: string;
  instanceId: string;
  instanceName: string | undefined;
  /** The instance as the user wrote it. */
  selector: string;
  /** Preset of the configuration that it was opened with. */
  preset: string | undefined;
  region: string;
  bind: string;
  localPort: number;
  remoteHost: string | undefined;
  remotePort: number;
  priority: string;
  keepAlive: string;
  agentVersion: string;
  mode: string;
  state: string;
  startedAtMs: number;
  connectMs: number;
  /** Time spent able to carry data. */
  activeMs: number;
  reconnects: number;
  restarts: number;
  bytesIn: number;
  bytesOut: number;
  retransmissions: number;
}

/** The process that holds a session. */
export interface SessionHolder {
  hostPid: number;
  isBackground: boolean;
}

/** How a session ended. */
export interface SessionEnding {
  atMs: number;
  /** `user`, `remote` or `lost`. */
  by: string;
  reason: string;
}

/** A session in the database. */
export interface StoredSession extends SessionRecord, SessionHolder {
  /** Ours; AWS's ids change with a restart. */
  id: number;
  /** When its host last wrote of it. */
  updatedAtMs: number;
  /** Undefined while it lives, and for ever where its host was killed. */
  end: SessionEnding | undefined;
}

export interface StoredStateChange {
  atMs: number;
  from: string;
  to: string;
  reason: string | undefined;
}

/** The counters of a session at one moment. */
export interface Sample {
  /** End of the period that `roundTrips` is about. */
  atMs: number;
  /** 0: as it was taken. Else all samples of this many ms are joined in it. */
  spanMs: number;
  /** Acknowledgements since the sample before. */
  roundTrips: RoundTripCounts;
  /** Since the session began, as all that follow but the last. */
  bytesIn: number;
  bytesOut: number;
  retransmissions: number;
  activeMs: number;
  /** The most at a time in the period. */
  openConnections: number;
}

export interface StoredSample extends Sample {
  id: number;
  /** The session's `id`. */
  session: number;
}
