/**
 * The local end of a session: what the session is for, and what moves its bytes.
 *
 * A session knows data channels and their life; all that differs between a forwarded port, the
 * standard streams of `ssh-proxy`, a shell and a command is here. The local side outlives data channels: a resume keeps the
 * channel and nobody here notices, a restart attaches another one.
 *
 * @module
 */
import type { StartSessionRequest } from "./contracts.ts";
import type { DataChannel } from "./data_channel.ts";
import type { Forwarder, ForwarderOptions } from "./forwarder.ts";
import type { AgreedHandshake } from "./handshake.ts";
import type { SessionFacts } from "./hosted.ts";

/** What it is, for those who look at the session. */
export type LocalFacts = Pick<
  SessionFacts,
  "kind" | "bind" | "localPort" | "remoteHost" | "remotePort"
>;

/** A session that AWS has started, and whose agent is to speak first. */
export interface StartedSession {
  channel: DataChannel;
  sessionId: string;
  instanceId: string;
}

/** A data channel that is ready to carry data. */
export interface AttachedChannel<Agreed extends AgreedHandshake = AgreedHandshake> {
  channel: DataChannel;
  /** What both sides agreed on. */
  handshake: Agreed;
  instanceId: string;
}

/** What came of attaching. */
export interface Attachment {
  forwarder: Forwarder;
  mode: "mux" | "basic" | "stdio";
  /** Whether the agent ends the session at a TerminateSession flag. */
  hasTerminateFlag: boolean;
}

/** @typeParam Agreed What its kind of handshake ends with. */
export interface LocalSide<Agreed extends AgreedHandshake = AgreedHandshake> {
  readonly facts: LocalFacts;
  /** Whether it can go on over another session, its present connections broken off. */
  readonly canRestart: boolean;
  /** The document that StartSession is asked for, with its parameters. */
  request(about: { instanceId: string; reason: string | undefined }): StartSessionRequest;
  /**
   * Answers the agent until data can be carried.
   *
   * @throws {AppError} `protocol` when the agent wants another kind of session; whatever `signal` was
   * aborted with.
   */
  agree(session: StartedSession, signal: AbortSignal): Promise<Agreed>;
  /**
   * Moves bytes over the channel from now on, until the forwarder is stopped. Called again after a
   * restart, when the forwarder before has been stopped.
   *
   * @throws {AppError} `target` when the agent cannot do what is wanted.
   */
  attach(channel: AttachedChannel<Agreed>, options: ForwarderOptions): Attachment;
  /** Releases what it holds: a listener, streams. May be called again. */
  close(): void;
}
