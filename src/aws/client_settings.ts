/**
 * The configuration that every SDK client of a command is built with.
 *
 * @module
 */

import type { FetchHttpHandler } from "@smithy/fetch-http-handler";
import type { Credentials } from "./contracts.ts";

/** Passed to the constructor of any client: `new SSMClient({ ...settings })`. */
export interface ClientSettings {
  region: string;
  /** Absent for AWS's own address. */
  endpoint?: string;
  /** Absent for the default one; the client reads FIPS and dual-stack settings of it. */
  profile?: string;
  credentials: CredentialSource;
  requestHandler: FetchHttpHandler;
  maxAttempts: number;
  retryMode: "standard";
  defaultUserAgentProvider: () => Promise<[name: string, version?: string][]>;
  defaultsMode: "legacy";
  authSchemePreference: string[];
  userAgentAppId: () => Promise<string | undefined>;
}

/**
 * The constant part. The SDK's own name for itself would need the permission to ask for the system's
 * version. The last three would each read and parse the shared files again, to set what means
 * nothing here: retries and deadlines are ours, and signatures are SigV4.
 */
export const COMMON_SETTINGS = {
  maxAttempts: 3,
  retryMode: "standard",
  defaultUserAgentProvider: () => Promise.resolve([["ec2-connect"]]),
  defaultsMode: "legacy",
  authSchemePreference: [],
  userAgentAppId: () => Promise.resolve(undefined),
} satisfies Partial<ClientSettings>;

/**
 * Gives the current credentials.
 *
 * `memoized` keeps the SDK from caching them a second time, and for ever when they have no
 * expiration (@aws-sdk/core 3.981.0, `normalizeCredentialProvider`).
 */
export type CredentialSource = (() => Promise<Credentials>) & { memoized: true };

/** Marks a function that caches by itself. */
export function credentialSource(get: () => Promise<Credentials>): CredentialSource {
  return Object.assign(() => get(), { memoized: true as const });
}
