/**
 * Where credentials come from, for who explains them. Gets none itself.
 *
 * @module
 */

import { join } from "node:path";
import type { EnvLookup } from "./contracts.ts";
import { environmentCredentials } from "./environment_credentials.ts";
import { loadSharedFiles, type Section } from "./shared_files.ts";

export type CredentialProvider =
  | "environment"
  | "profile"
  | "sso"
  | "assume_role"
  | "process"
  | "web_identity"
  | "container"
  | "instance_metadata";

export interface CredentialOrigin {
  provider: CredentialProvider;
  /** End of the SSO login behind it, in epoch milliseconds; undefined: none, or not known. */
  ssoExpiresAtMs: number | undefined;
}

/**
 * The link of the SDK's chain that answers for the profile, by what environment and files name.
 *
 * @param profile The chosen one; undefined: the environment's keys or the default profile.
 */
export async function credentialOrigin(
  profile: string | undefined,
  env: EnvLookup,
): Promise<CredentialOrigin> {
  const without = (provider: CredentialProvider) => ({ provider, ssoExpiresAtMs: undefined });
  if (environmentCredentials(profile, env) !== undefined) return without("environment");
  const files = await loadSharedFiles(env);
  const name = profile ?? "default";
  const section: Section = { ...files.config[name], ...files.credentials[name] };
  const ssoName = section["sso_session"] ?? section["sso_start_url"];
  if (ssoName !== undefined) {
    return { provider: "sso", ssoExpiresAtMs: await ssoExpiry(ssoName, env) };
  }
  if (section["role_arn"] !== undefined) return without("assume_role");
  if (section["credential_process"] !== undefined) return without("process");
  if (section["aws_access_key_id"] !== undefined) return without("profile");
  if (env("AWS_WEB_IDENTITY_TOKEN_FILE")) return without("web_identity");
  const isContainer = [
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  ]
    .some((variable) => Boolean(env(variable)));
  return without(isContainer ? "container" : "instance_metadata");
}

/**
 * When the login of an SSO session ends. Of the token's file nothing but `expiresAt` is looked at.
 *
 * Source: @smithy/core, `getSSOTokenFilepath`: the file is named after the SHA-1 of session or URL.
 */
async function ssoExpiry(name: string, env: EnvLookup): Promise<number | undefined> {
  const home = env("HOME") ?? env("USERPROFILE");
  if (home === undefined) return undefined;
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(name));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  try {
    const text = await Deno.readTextFile(join(home, ".aws", "sso", "cache", `${hex}.json`));
    const { expiresAt } = JSON.parse(text) as { expiresAt?: unknown };
    const ms = typeof expiresAt === "string" ? Date.parse(expiresAt) : NaN;
    return Number.isNaN(ms) ? undefined : ms;
  } catch {
    return undefined;
  }
}
