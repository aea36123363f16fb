/**
 * F2: what signs the requests, as this computer knows it.
 *
 * @module
 */

import { type CredentialOrigin, type Credentials, ExpiredCredentialsError } from "../../aws/mod.ts";
import { AppError } from "../../errors/mod.ts";
import type { CredentialProblem, LocalCredentials } from "../facts/account.ts";

/** What of AWS it asks; `Aws` is one. */
export interface CredentialSource {
  credentials(): Promise<Credentials>;
  credentialOrigin(): Promise<CredentialOrigin>;
}

/**
 * Gets credentials, and says how that went.
 *
 * @throws {AppError} `config` for settings that contradict themselves: that is no diagnosis.
 */
export async function readLocalCredentials(
  source: CredentialSource,
  options: { hasEnvironmentKeys: boolean; nowMs: number },
): Promise<LocalCredentials> {
  const { hasEnvironmentKeys, nowMs } = options;
  const origin = await source.credentialOrigin();
  try {
    const { accessKeyId, expiration } = await source.credentials();
    return {
      found: true,
      provider: origin.provider,
      maskedKeyId: maskKeyId(accessKeyId),
      isLongLived: accessKeyId.startsWith("AKIA"),
      expiresAtMs: expiration?.getTime(),
      ssoExpiresAtMs: origin.ssoExpiresAtMs,
      hasEnvironmentKeys,
    };
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "auth") throw error;
    const problem = problemOf(error, origin, nowMs);
    return { found: false, problem, detail: error.message, hasEnvironmentKeys };
  }
}

/** `AKIA...WXYZ`: enough to tell two keys apart. */
export function maskKeyId(keyId: string): string {
  return keyId.length < 12 ? "..." : `${keyId.slice(0, 4)}...${keyId.slice(-4)}`;
}

function problemOf(
  error: AppError,
  { provider, ssoExpiresAtMs }: CredentialOrigin,
  nowMs: number,
): CredentialProblem {
  if (error instanceof ExpiredCredentialsError) return "expired";
  // An SSO login that never was is as good as one that has ended: both want a new one.
  if (provider === "sso") return (ssoExpiresAtMs ?? 0) <= nowMs ? "sso_expired" : "failed";
  // The end of the chain: nothing before it named any source.
  return provider === "instance_metadata" ? "missing" : "failed";
}
