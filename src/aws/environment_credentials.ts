/**
 * The first link of the credential chain, without loading the SDK's.
 *
 * @module
 */

import type { Credentials, EnvLookup } from "./contracts.ts";

/**
 * Keys from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and
 * `AWS_CREDENTIAL_EXPIRATION`.
 *
 * @param profile The chosen profile. As in the SDK's chain, one that was named beats the keys.
 */
export function environmentCredentials(
  profile: string | undefined,
  env: EnvLookup,
): Credentials | undefined {
  if (profile !== undefined) return undefined;
  const accessKeyId = env("AWS_ACCESS_KEY_ID");
  const secretAccessKey = env("AWS_SECRET_ACCESS_KEY");
  if (!accessKeyId || !secretAccessKey) return undefined;
  const credentials: Credentials = { accessKeyId, secretAccessKey };
  const sessionToken = env("AWS_SESSION_TOKEN");
  if (sessionToken) credentials.sessionToken = sessionToken;
  const expiration = Date.parse(env("AWS_CREDENTIAL_EXPIRATION") ?? "");
  if (!Number.isNaN(expiration)) credentials.expiration = new Date(expiration);
  return credentials;
}
