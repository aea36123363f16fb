/**
 * Words for the failures of credential providers.
 *
 * The providers say what happened in their texts alone, so these are matched; each text is one of
 * the packages in the import map, and `tests/unit/aws/credentials_test.ts` provokes the common ones.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import { safeCause, safeText } from "./redact.ts";

/** Whether a provider of the SDK's chain threw it (@smithy/core `ProviderError` and its kin). */
export function isCredentialError(error: unknown): error is Error {
  return error instanceof Error &&
    /^(?:Credentials|Token)?ProviderError$/.test(error.name);
}

/** An error of kind `auth` (`config` where the profile contradicts itself), with the way out. */
export function credentialError(error: Error, context: AwsErrorContext): AppError {
  const text = error.message;
  const profile = context.profile ?? "default";
  const fail = (why: string, hint: string, kind: "auth" | "config" = "auth") =>
    new AppError(kind, `Cannot get AWS credentials: ${why}`, { hint, cause: safeCause(error) });
  const ssoLogin = `Run: aws sso login --profile ${profile}`;

  if (/could not load credentials from any providers/i.test(text)) return noCredentials(context);
  if (/sso/i.test(text)) return ssoError(text, fail, ssoLogin);
  if (/re-?authenticate using|aws login/i.test(text)) {
    return fail(
      `the login of profile "${profile}" has expired or is missing`,
      `Run: aws login --profile ${profile}`,
    );
  }
  if (/^Command failed|credential_process/.test(text)) {
    return fail(
      `credential_process of profile "${profile}" failed${processDetail(text)}`,
      `Run the credential_process command of that profile by hand to see what is wrong`,
    );
  }
  if (/cycle/i.test(text)) {
    return fail(
      `source_profile of profile "${profile}" leads back to itself`,
      "Correct source_profile in the AWS config file",
      "config",
    );
  }
  if (/multi-factor/i.test(text)) return mfaError(profile);
  if (/could not resolve credentials using profile/i.test(text)) {
    return fail(
      `profile "${profile}" or its source_profile holds none`,
      `Run: aws configure --profile ${profile}`,
    );
  }
  if (/Server responded with status|URL not accepted|metadata/i.test(text)) {
    return fail(
      `the container or instance role gave none (${safeText(text)})`,
      "Check the role of the instance or task, or choose a profile with --profile",
    );
  }
  return fail(safeText(text), "Check the profile with: aws sts get-caller-identity");
}

/** Nothing in the whole chain had credentials. */
export function noCredentials(context: AwsErrorContext): AppError {
  const profile = context.profile;
  const places = [
    ...(profile === undefined ? ["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"] : []),
    `profile "${profile ?? "default"}" of the AWS config and credentials files`,
    "web identity, container and instance roles",
  ];
  const forProfile = profile === undefined ? "" : ` --profile ${profile}`;
  return new AppError("auth", `${attempt(context)}: no AWS credentials found`, {
    why: `Looked at ${places.join("; ")}`,
    hint:
      `Run: aws configure${forProfile}, or aws sso login${forProfile}, or choose one with --profile`,
  });
}

/** A role wants an MFA code and nobody may be asked. */
export function mfaError(profile: string, serial?: string): AppError {
  const device = serial === undefined ? "an MFA code" : `a code of MFA device ${serial}`;
  return new AppError("auth", `Cannot get AWS credentials: profile "${profile}" needs ${device}`, {
    why: "Prompts are not possible here",
    hint: "Run it on a terminal without --no-input, or use credentials from: " +
      "aws sts get-session-token",
  });
}

function ssoError(
  text: string,
  fail: (why: string, hint: string, kind?: "auth" | "config") => AppError,
  ssoLogin: string,
): AppError {
  if (/ForbiddenException|no access/i.test(text)) {
    return fail(
      "the SSO user has no access to that account and role",
      "Check sso_account_id and sso_role_name of the profile, or ask for the assignment",
    );
  }
  if (/invalid SSO credentials|could not be found|missing required|Conflicting/i.test(text)) {
    return fail(
      `the SSO settings are incomplete (${safeText(text)})`,
      "Run: aws configure sso",
      "config",
    );
  }
  return fail("the SSO session has expired or is missing", ssoLogin);
}

/** What a credential process said, without its command line, which may hold secrets. */
function processDetail(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const said = lines[0]?.startsWith("Command failed") ? lines.at(-1) : lines[0];
  if (said === undefined || said.startsWith("Command failed")) return "";
  return `: ${safeText(said.replace(/^Profile \S+ credential_process /, ""))}`;
}
