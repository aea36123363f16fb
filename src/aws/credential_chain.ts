/**
 * The SDK's credential chain, with our HTTP, our MFA prompt and our words for its failures. Heavy:
 * imported only when the environment has no keys.
 *
 * @module
 */

import { fromIni, fromNodeProviderChain } from "@aws-sdk/credential-providers";
import type { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { AppError } from "../errors/mod.ts";
import { COMMON_SETTINGS } from "./client_settings.ts";
import { mfaError } from "./credential_errors.ts";
import type { Credentials, EnvLookup } from "./contracts.ts";
import { safeText } from "./redact.ts";
import { requireProfile } from "./region.ts";
import { loadSharedFiles, type Section, sharedFilePaths } from "./shared_files.ts";
import { createRoleAssumer, type RoleAssumer } from "./role_assumer.ts";

/** What the chain needs of its surroundings. */
export interface ChainContext {
  /** Chosen by option or `AWS_PROFILE`; undefined: the default one, if it exists. */
  profile: string | undefined;
  /** Where STS is asked. */
  region: string;
  /** Address of STS when it is not AWS's own. */
  stsEndpoint: string | undefined;
  requestHandler: FetchHttpHandler;
  env: EnvLookup;
  promptMfa: ((serial: string) => Promise<string>) | undefined;
  log: (line: string) => void;
  /** Whether files must be read again. */
  isRefresh: boolean;
}

/**
 * Credentials of the chosen profile, else of the whole chain: default profile, web identity,
 * container, instance metadata.
 *
 * A profile that names its source and cannot get credentials from it is an error: going on to the
 * machine's role would act as somebody else, and would bury the reason.
 *
 * @throws {AppError} From what is ours; else the provider's own error, for `translateAwsError`.
 */
export async function loadFromChain(context: ChainContext): Promise<Credentials> {
  const { profile, env, isRefresh } = context;
  const files = await loadSharedFiles(env, { ignoreCache: isRefresh });
  if (profile !== undefined) await requireProfile(profile, files);
  const sectionOf = (name: string): Section => ({
    ...files.config[name],
    ...files.credentials[name],
  });
  const name = profile ?? "default";
  const assumeRole = createRoleAssumer(context);
  if (needsMfa(name, sectionOf)) return await assumeWithMfa(name, context, sectionOf, assumeRole);
  return await fromProfile(namesSource(sectionOf(name)) ? name : undefined, context, assumeRole);
}

/** @param source A profile to use and nothing else; undefined for the whole chain. */
async function fromProfile(
  source: string | undefined,
  context: ChainContext,
  assumeRole: RoleAssumer,
): Promise<Credentials> {
  const { requestHandler, region, env, log, isRefresh } = context;
  const line = (...parts: unknown[]) => log(`credentials: ${safeText(parts.join(" "))}`);
  const profile = source ?? context.profile;
  const init: NonNullable<Parameters<typeof fromNodeProviderChain>[0]> = {
    ...(profile === undefined ? {} : { profile }),
    ...sharedFilePaths(env),
    ignoreCache: isRefresh,
    // For roles on a credential_source only; see assumeWithMfa() for the others.
    ...(context.promptMfa === undefined ? {} : { mfaCodeProvider: context.promptMfa }),
    roleAssumer: assumeRole.withKeys,
    roleAssumerWithWebIdentity: assumeRole.withWebIdentity,
    // No region here: it would win over the SSO session's own.
    clientConfig: { ...COMMON_SETTINGS, requestHandler },
    parentClientConfig: { requestHandler, region },
    logger: { debug: line, info: line, warn: line, error: line },
  };
  const provider = source === undefined ? fromNodeProviderChain(init) : fromIni(init);
  return await provider();
}

function namesSource(section: Section): boolean {
  return [
    "aws_access_key_id",
    "role_arn",
    "credential_process",
    "sso_session",
    "sso_start_url",
    "login_session",
  ].some((key) => section[key] !== undefined);
}

/** Whether the profile, or one that its roles build on, wants an MFA code. */
function needsMfa(name: string, sectionOf: (name: string) => Section): boolean {
  const visited = new Set<string>();
  for (let at: string | undefined = name; at !== undefined && !visited.has(at);) {
    visited.add(at);
    const section = sectionOf(at);
    if (section.role_arn && section.source_profile && section.mfa_serial) return true;
    at = section.role_arn ? section.source_profile : undefined;
  }
  return false;
}

/**
 * Roles on the way to an MFA code are assumed here rather than by the SDK: that one starts to get the
 * source's credentials, prompts, and only then looks how the first went, so that a failure while the
 * person types is an unhandled rejection (credential-provider-ini 3.973.30,
 * `resolveAssumeRoleCredentials`). It is also kinder to ask for a code when the rest works.
 */
async function assumeWithMfa(
  name: string,
  context: ChainContext,
  sectionOf: (name: string) => Section,
  assumeRole: RoleAssumer,
  visited: readonly string[] = [],
): Promise<Credentials> {
  const { role_arn, source_profile, mfa_serial, ...section } = sectionOf(name);
  // A profile that roles build on gives its keys, even when it names a role itself; so does the SDK.
  const isSource = visited.length > 0;
  const keys = isSource ? staticKeys(section) : undefined;
  if (keys !== undefined) return keys;
  if (!role_arn || !source_profile) return await fromProfile(name, context, assumeRole);
  if (visited.includes(name)) {
    throw new AppError("config", "Cannot get AWS credentials: source_profile leads in a circle", {
      why: [...visited, name].join(" -> "),
      hint: "Correct source_profile in the AWS config file",
    });
  }
  if (mfa_serial && context.promptMfa === undefined) throw mfaError(name, mfa_serial);
  const path = [...visited, name];
  const source = await assumeWithMfa(source_profile, context, sectionOf, assumeRole, path);
  const code = mfa_serial && await context.promptMfa?.(mfa_serial);
  return await assumeRole.withKeys(source, {
    RoleArn: role_arn,
    RoleSessionName: section.role_session_name ?? `ec2-connect-${Date.now()}`,
    DurationSeconds: Number(section.duration_seconds ?? 3600),
    ...(section.external_id ? { ExternalId: section.external_id } : {}),
    ...(mfa_serial && code ? { SerialNumber: mfa_serial, TokenCode: code.trim() } : {}),
  });
}

function staticKeys(section: Section): Credentials | undefined {
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = section;
  if (!aws_access_key_id || !aws_secret_access_key) return undefined;
  return {
    accessKeyId: aws_access_key_id,
    secretAccessKey: aws_secret_access_key,
    ...(aws_session_token ? { sessionToken: aws_session_token } : {}),
  };
}
