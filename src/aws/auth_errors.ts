/**
 * Words for refused credentials: denied, expired, unknown, wrongly signed, or signed at the wrong time.
 *
 * @module
 */

import { describeSkew, SKEW_LIMIT_MS } from "./clock_skew.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import { ExpiredCredentialsError } from "./known_errors.ts";
import { safeCause } from "./redact.ts";
import { say, type Translate } from "./service_answer.ts";

export const accessDenied: Translate = (found) => {
  const { context, error } = found;
  const denied = /not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?/i
    .exec(error.message);
  const action = denied?.[1] ?? `${context.service}:${context.operation}`;
  const resource = denied?.[2]?.replace(/[.,]$/, "");
  if (/MultiFactorAuthentication failed|MFA/i.test(error.message) && !denied) {
    return say(found, "auth", "the MFA code was not accepted", {
      why: found.text,
      hint: "Wait for the next code and try again; check mfa_serial of the profile",
    });
  }
  const isExplicit = /explicit deny/i.test(error.message);
  return say(found, "auth", `not allowed: ${action}${resource ? ` on ${resource}` : ""}`, {
    why: isExplicit
      ? "A policy of the account or organization denies it explicitly"
      : "No policy of these credentials allows it",
    hint: isExplicit
      ? `Ask an administrator to lift the deny of ${action}`
      : `Ask for an IAM policy that allows ${action}${resource ? ` on ${resource}` : ""}`,
  });
};

export const expired: Translate = (found) => {
  const { error, context, skewMs } = found;
  // EC2 says RequestExpired for old tokens and for a wrong clock alike.
  if (error.name === "RequestExpired" && Math.abs(skewMs ?? 0) >= SKEW_LIMIT_MS) {
    return clockWrong(found);
  }
  return new ExpiredCredentialsError(`${attempt(context)}: the credentials have expired`, {
    why: found.text,
    hint: context.profile === undefined
      ? "Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or log in again with: aws sso login"
      : `Log in again: aws sso login --profile ${context.profile}, or renew the keys of that profile`,
    cause: safeCause(error),
  });
};

export const clockWrong: Translate = (found) =>
  say(
    found,
    "auth",
    found.skewMs === undefined
      ? "this computer's clock is wrong"
      : `this computer's clock is ${describeSkew(found.skewMs)} AWS's`,
    {
      why:
        "AWS takes signatures of the last 5 min only, and correcting the time in them did not help",
      hint: "Set the clock by the network (NTP) and try again",
    },
  );

export const signature: Translate = (found) => {
  const { error, context } = found;
  if (/scoped to a valid region|scoped to correct service/i.test(error.message)) {
    return say(found, "config", `region "${context.region ?? "?"}" does not fit the endpoint`, {
      why: "The endpoint belongs to another region or service",
      hint: "Check --region and AWS_REGION, and --endpoint-url and AWS_ENDPOINT_URL if set",
    });
  }
  const isTimely = Math.abs(found.skewMs ?? 0) < SKEW_LIMIT_MS;
  if (/Signature (?:expired|not yet current)/i.test(error.message) || !isTimely) {
    return clockWrong(found);
  }
  return say(found, "auth", "AWS rejects the signature", {
    why: "The secret access key does not belong to the access key id",
    hint: keysHint(context),
  });
};

export const unknownKey: Translate = (found) =>
  say(found, "auth", "AWS does not know these credentials", {
    why:
      "The access key is deleted or mistyped, lacks its session token, or belongs to another partition or emulator",
    hint: keysHint(found.context),
  });

/** EC2's answer to anything wrong with the signer: key, secret, clock or a region not enabled. */
export const authFailure: Translate = (found) => {
  if (Math.abs(found.skewMs ?? 0) >= SKEW_LIMIT_MS) return clockWrong(found);
  return say(found, "auth", "AWS could not validate the credentials", {
    why: `The keys are wrong, or region "${
      found.context.region ?? "?"
    }" is not enabled for the account`,
    hint: `${keysHint(found.context)}; list enabled regions with: aws account list-regions`,
  });
};

export const regionDisabled: Translate = (found) =>
  say(found, "auth", `region "${found.context.region ?? "?"}" is not enabled for this account`, {
    why: found.text,
    hint: "Enable the region in the account's settings, or choose another with --region",
  });

function keysHint({ profile }: AwsErrorContext): string {
  return profile === undefined
    ? "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the default profile"
    : `Check the keys of profile "${profile}", or log in again`;
}
