/**
 * What a session needs of the world, and what it tells it.
 *
 * The interfaces are declared here, by their consumer; `aws` and the WebSocket fit them by shape and
 * the factory in `cli` joins them.
 *
 * @module
 */

/** One opening of a data channel. The token is good for one connection and lives in memory only. */
export interface SessionGrant {
  sessionId: string;
  /** Used verbatim as the WebSocket address: it may hold a raw `+`. */
  streamUrl: string;
  tokenValue: string;
}

/** What StartSession is asked. */
export interface StartSessionRequest {
  /** Instance id. */
  target: string;
  /** Left out: the account's own shell. */
  documentName?: string;
  parameters?: Record<string, string[]>;
  reason?: string;
}

/** The calls of the SSM API that a session makes. Errors arrive as `AppError`. */
export interface SessionService {
  startSession(request: StartSessionRequest, signal: AbortSignal): Promise<SessionGrant>;
  /** `undefined`: the session has ended and cannot be resumed. */
  resumeSession(sessionId: string, signal: AbortSignal): Promise<SessionGrant | undefined>;
  terminateSession(sessionId: string, signal: AbortSignal): Promise<void>;
}

/** Why a transport closed. */
export interface TransportClose {
  /** WebSocket close code; 1006 when the connection was lost without one. */
  code: number;
  reason: string;
}

/** What a transport calls. After `onClose` it calls nothing more. */
export interface TransportEvents {
  onMessage(frame: Uint8Array): void;
  /** The other side answered a ping. */
  onPong(): void;
  onClose(close: TransportClose): void;
}

/** An open, message-oriented connection to the gateway. */
export interface Transport {
  /** Queues one binary message; never throws: a dead connection shows as `onClose`. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Queues one text message. */
  sendText(text: string): void;
  /** Asks the gateway for a sign of life: `onPong` follows. Undefined where that cannot be done. */
  ping?(): void;
  /** Bytes queued and not yet handed to the system. */
  readonly bufferedBytes: number;
  /**
   * Stops reading (true) or goes on, so that whoever sends has to wait. Nothing is heard meanwhile, a
   * close neither. Missing where the connection cannot do that.
   */
  hold?(isHeld: boolean): void;
  /** Closes with code 1000. `onClose` follows once. */
  close(): void;
}

/**
 * Opens a transport.
 *
 * @throws {AppError} `network` when it cannot be reached or the deadline in `signal` passes; `auth`
 * when the upgrade is refused for the credentials.
 */
export type OpenTransport = (
  streamUrl: string,
  events: TransportEvents,
  signal: AbortSignal,
) => Promise<Transport>;

/** One local port and where it leads. */
export interface Forward {
  /** Local address to listen on. */
  bind: string;
  /** Local port; 0 for any free one. */
  localPort: number;
  /** A host that the instance can reach; undefined for the instance itself. */
  remoteHost?: string;
  remotePort: number;
}

/** Where a session stands. Issue order: each may go straight to `closing`, `closed` or `failed`. */
export type SessionState =
  | "connecting"
  | "handshaking"
  | "active"
  | "suspect"
  | "resuming"
  | "restarting"
  | "closing"
  | "closed"
  | "failed";

/** What became of one local connection, counted from 1 in each session. The session goes on. */
export type ConnectionEvent =
  | { connection: number; status: "opened" | "closed" }
  | {
    connection: number;
    /** `refused`: never served, for instance by the remote port. `reset`: broken off. */
    status: "refused" | "reset";
    reason: string;
  };

/** Something worth telling. `atMs` is epoch milliseconds. */
export type SessionEvent =
  | {
    type: "state";
    atMs: number;
    from: SessionState;
    to: SessionState;
    reason?: string;
    /** The service closed the connection as it does each hour: nothing went wrong. */
    isRoutine?: boolean;
  }
  /** Another session of the service took this one's place; the local side stayed. */
  | { type: "restarted"; atMs: number; ready: SessionReady; previousSessionId: string }
  | ({ type: "connection"; atMs: number } & ConnectionEvent)
  | { type: "warning"; atMs: number; message: string; hint?: string }
  | { type: "notice"; atMs: number; message: string };

/** A key that encrypts one session, as KMS gives it. */
export interface DataKey {
  plaintext: Uint8Array;
  /** The same, encrypted: the agent has KMS decrypt it. */
  encrypted: Uint8Array;
}

/** Asks KMS for a data key. @throws {AppError} `auth` when that is not allowed, and by its kind else. */
export type NewDataKey = (
  request: { keyId: string; bytes: number; encryptionContext: Record<string, string> },
  signal: AbortSignal,
) => Promise<DataKey>;

/** Facts of a session that serves its local side. */
export interface SessionReady {
  sessionId: string;
  instanceId: string;
  bind: string;
  /** The port in fact listened on. */
  localPort: number;
  remoteHost: string | undefined;
  remotePort: number;
  /** From the start of the session to its local side being served. */
  connectMs: number;
  agentVersion: string;
  /**
   * `mux`: any number of connections at a time; `basic`: one, agents up to 3.0.196.0; `stdio`: one
   * stream for the whole session.
   */
  mode: "mux" | "basic" | "stdio";
}

/** How a session ended. */
export interface SessionEnd {
  /** `user`: asked for here. `remote`: the service or agent closed it. `lost`: connection lost. */
  by: "user" | "remote" | "lost";
  /** The service's or agent's own text, where it gave one. */
  reason: string;
}
