/**
 * The shapes that this folder gives and takes.
 *
 * `SessionService` and its parts are structurally those of `src/session/contracts.ts`: the session
 * says what it needs, and this folder, which stands below it, fits by shape.
 *
 * @module
 */

/** How one command talks to AWS. */
export interface AwsSettings {
  /** Named profile; undefined for `AWS_PROFILE`, else the default one. Beats keys in the environment. */
  profile?: string;
  /** Region; undefined for the environment's, else the profile's. */
  region?: string;
  /** Address of the service endpoints, in place of AWS's own and of `AWS_ENDPOINT_URL*`. */
  endpointUrl?: string;
  /** Address of the message gateway, in place of `AWS_ENDPOINT_URL_SSMMESSAGES`. */
  messagesEndpointUrl?: string;
  /**
   * How long an endpoint may take until its first answer begins: name lookup, TCP, TLS, proxy.
   * `fetch` does not tell when the connection stands, so the head of the answer has to prove it.
   */
  connectionTimeoutMs: number;
  /** How long one request may take, from the first byte sent to the last one read. */
  requestTimeoutMs: number;
  /** Asks a person for the code of an MFA device. Undefined: never ask, fail instead. */
  promptMfa?: (serial: string) => Promise<string>;
  /** Environment lookup; the process's own when undefined. */
  env?: EnvLookup;
  /** Takes one line of the debug log, without a line end and without secrets. */
  log?: (line: string) => void;
}

/** The value of an environment variable, or undefined. */
export type EnvLookup = (name: string) => string | undefined;

/** What signs a request. Lives in memory only. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** When AWS stops accepting them; undefined for long-lived keys. */
  expiration?: Date;
}

/** EC2's own words for an instance's state. */
export type InstanceState =
  | "pending"
  | "running"
  | "shutting-down"
  | "terminated"
  | "stopping"
  | "stopped";

/** An EC2 instance, as far as choosing and reaching one needs. */
export interface Instance {
  instanceId: string;
  /** The Name tag. */
  name: string | undefined;
  state: InstanceState;
  privateIp: string | undefined;
  privateDns: string | undefined;
  platform: "linux" | "windows";
  instanceType: string | undefined;
  vpcId: string | undefined;
  subnetId: string | undefined;
  tags: Readonly<Record<string, string>>;
}

/** One opening of a data channel. The token is good for one connection. */
export interface SessionGrant {
  sessionId: string;
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

/** What KMS is asked for a data key. */
export interface DataKeyRequest {
  /** Id or ARN of the key that encrypts it. */
  keyId: string;
  /** Its length. */
  bytes: number;
  encryptionContext: Record<string, string>;
}

/** A data key, as it is and encrypted. Lives in memory only. */
export interface DataKey {
  plaintext: Uint8Array;
  encrypted: Uint8Array;
}

/**
 * The SSM calls of a session. Failures arrive as `AppError`; an aborted call rejects with the
 * signal's reason.
 */
export interface SessionService {
  /** @throws {TargetNotConnectedError} When no agent of that instance is connected. */
  startSession(request: StartSessionRequest, signal: AbortSignal): Promise<SessionGrant>;
  /** `undefined`: the session has ended and cannot be resumed. */
  resumeSession(sessionId: string, signal: AbortSignal): Promise<SessionGrant | undefined>;
  /** Ending a session that has already ended succeeds. */
  terminateSession(sessionId: string, signal: AbortSignal): Promise<void>;
}

/** A public key that an instance is to let in for a minute. */
export interface PublicKeyRequest {
  instanceId: string;
  /** Of the instance's operating system. */
  user: string;
  /** One line, as in an `authorized_keys` file. */
  publicKey: string;
}

/** How long the account lets sessions be. Minutes; undefined: without limit. */
export interface SessionLimits {
  /** Without activity. */
  idleTimeoutMin: number | undefined;
  maxDurationMin: number | undefined;
}

/** What of AWS the functions that choose an instance use; {@link Aws} is one. */
export interface InstanceLookup {
  findInstances(selector: InstanceSelector, signal?: AbortSignal): Promise<Instance[]>;
  instanceState(instanceId: string, signal?: AbortSignal): Promise<InstanceState | "unknown">;
  region(): Promise<string>;
  readonly profile: string | undefined;
}

/** Which instances are meant. */
export type InstanceSelector =
  | { by: "id"; instanceId: string }
  | { by: "name"; name: string }
  | { by: "tag"; key: string; value: string }
  | { by: "ip"; address: string }
  | { by: "dns"; dnsName: string }
  | { by: "all" };

/** A session that AWS says is active. */
export interface ActiveSession {
  sessionId: string;
  /** Instance id. */
  target: string;
  startedAtMs: number;
  documentName: string;
}
