/**
 * Facts about sessions: the account's preferences, their key, who is connected (F19-F21).
 *
 * @module
 */

/** F19, `ssm:GetDocument` of `SSM-SessionManagerRunShell`. */
export type PreferencesDocument =
  /** Never customised (`InvalidDocument`). */
  | { exists: false }
  | { exists: true; version: string; preferences: SessionPreferences }
  | { exists: true; version: string; problem: PreferencesProblem };

/** Why a preferences document says nothing. */
export interface PreferencesProblem {
  what: "not_json" | "not_an_object" | "wrong_session_type";
  detail: string;
}

/** The inputs of the document. Empty strings are unset; numbers and booleans are such. */
export interface SessionPreferences {
  idleTimeoutMin: number | undefined;
  maxDurationMin: number | undefined;
  /** What stood where a number of minutes should stand, by name of the input. */
  invalid: { readonly [input: string]: string };
  kmsKeyId: string | undefined;
  runAsEnabled: boolean;
  runAsDefaultUser: string | undefined;
  s3BucketName: string | undefined;
  s3EncryptionEnabled: boolean;
  cloudWatchLogGroupName: string | undefined;
  cloudWatchEncryptionEnabled: boolean;
  cloudWatchStreamingEnabled: boolean;
}

/** F20, `kms:DescribeKey`. */
export interface KmsKey {
  keyId: string;
  arn: string;
  /** `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport` ... */
  state: string;
  /** When a key in `PendingDeletion` goes, in milliseconds since 1970. */
  deletionAtMs: number | undefined;
}

/** F20, `kms:GenerateDataKey` as a dry run: may the caller use the key. */
export type KeyUse = "allowed" | "denied";

/** F21, `ssm:DescribeSessions`: active sessions to the instance, of anybody. */
export interface ActiveSession {
  sessionId: string;
  /** ARN of who started it. */
  owner: string;
  /** `Connected`, `Connecting`, `Disconnected` ... */
  status: string;
  startedAtMs: number | undefined;
  document: string | undefined;
  /** In minutes; undefined: no limit, or not told. */
  maxDurationMin: number | undefined;
}

/** F21, from our own registry: sessions of ours to the instance that a live process holds. */
export interface LocalSession {
  sessionId: string;
  instanceId: string;
  localPort: number | undefined;
  remotePort: number | undefined;
  state: string;
  hostPid: number;
  startedAtMs: number;
}
