/**
 * A session as its host shows it: to the control endpoint, the database, and whoever watches.
 *
 * Field names of the JSON that leaves the process are made of these in one place, the control
 * endpoint's; nothing here holds a token or a credential.
 *
 * @module
 */
import type { RoundTripCounts } from "../protocol/mod.ts";
import type { SessionEnd, SessionState } from "./contracts.ts";

/** Who reconnects first, and who yields where sessions are limited. */
export const PRIORITIES = ["low", "normal", "high", "critical"] as const;
export type Priority = typeof PRIORITIES[number];

/**
 * What may keep a session from the account's idle timeout.
 *
 * - `always`: heartbeats that count as activity, so that the session never idles out.
 * - `policy`: none of those; the idle timeout is obeyed and loss is seen by other means.
 * - `never`: nothing is sent that the user did not send.
 */
export const KEEP_ALIVE_MODES = ["always", "policy", "never"] as const;
export type KeepAlive = typeof KEEP_ALIVE_MODES[number];

/** One change of state. `atMs` is epoch milliseconds. */
export interface StateChange {
  atMs: number;
  from: SessionState;
  to: SessionState;
  reason?: string;
}

/** The account's limits on sessions, where its preferences could be read. */
export interface SessionPolicy {
  /** Minutes without activity after which the service ends a session. */
  idleTimeoutMin: number | undefined;
  /** Minutes after which the service ends any session. */
  maxDurationMin: number | undefined;
}

/** What a session is, whatever happens to it. */
export interface SessionFacts {
  /**
   * `port`: a local listener. `ssh`: standard input and output of `ssh-proxy`. `shell`: a terminal.
   * `exec`: one command.
   */
  kind: "port" | "ssh" | "shell" | "exec";
  instanceId: string;
  /** The Name tag, where it is known. */
  instanceName: string | undefined;
  /** As the user wrote it; resolved anew at a restart. */
  selector: string;
  /** Preset of the configuration that it was opened with. */
  preset: string | undefined;
  region: string;
  /** Local address; empty where nothing is listened on. */
  bind: string;
  /** The port in fact listened on; 0 where there is none. */
  localPort: number;
  remoteHost: string | undefined;
  /** 0 where the session leads to no port. */
  remotePort: number;
  priority: Priority;
  keepAlive: KeepAlive;
}

/** One session at one moment. Times are epoch milliseconds, sizes bytes, since the session began. */
export interface SessionSnapshot extends SessionFacts {
  /** AWS's id. A restart gives the session a new one; `previousSessionIds` has those before. */
  sessionId: string;
  previousSessionIds: readonly string[];
  state: SessionState;
  startedAtMs: number;
  /** When AWS's session of that id began: what the account's maximum duration counts from. */
  sessionStartedAtMs: number;
  /** From the command to the first `active`. */
  connectMs: number;
  agentVersion: string;
  mode: "mux" | "basic" | "stdio";
  /** Resumes and restarts so far. */
  reconnects: number;
  restarts: number;
  bytesIn: number;
  bytesOut: number;
  /** Smoothed; undefined before the first acknowledgement. */
  roundTripMs: number | undefined;
  /** Of every acknowledgement so far, over all channels of the session. */
  roundTrips: RoundTripCounts;
  openConnections: number;
  retransmissions: number;
  lastHeardAtMs: number;
  /** Time spent able to carry data since `startedAtMs`. */
  activeMs: number;
  /** When the credentials in use end; undefined for long-lived ones. */
  credentialsExpireAtMs: number | undefined;
  policy: SessionPolicy | undefined;
  /** Last activity that counts for the account's idle timeout. */
  lastActivityAtMs: number;
  /** Newest last, bounded. */
  history: readonly StateChange[];
}

/** What a host holds: a session that can be looked at, ended and made to reconnect. */
export interface HostedSession {
  snapshot(): SessionSnapshot;
  readonly closed: Promise<SessionEnd>;
  /** Ends it on both sides, for a reason or just so. May be called again; never rejects. */
  close(reason?: string): Promise<void>;
  /** Drops the connection and resumes at once. */
  reconnect(): void;
  /**
   * Sends a message that the agent must acknowledge, and waits for that.
   *
   * @returns The round trip, ms.
   * @throws {AppError} `network` when no answer came in time, or there is no connection to send it over.
   */
  probe(timeoutMs: number): Promise<number>;
  /**
   * Makes it live on less while a limit of the process is passed: smaller pieces from local programs,
   * longer intervals while nothing is open. What it carries arrives all the same.
   */
  setFrugal(isFrugal: boolean): void;
  /** Calls `listener` at each change of state until disposed. */
  onStateChange(listener: (change: StateChange) => void): Disposable;
}
