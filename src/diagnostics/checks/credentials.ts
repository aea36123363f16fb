/**
 * `credentials`: do they exist, does AWS take them, are they of the right account, and do they last.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding, type ReasonCode } from "../contracts.ts";
import type { LocalCredentials } from "../facts/account.ts";
import { type Denied, type Failed, valueOf } from "../facts/fact.ts";
import { critical, info, ok, unknown, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { describeDuration, describeMoment, itemCommand } from "../remedies.ts";
import { SKEW_CRITICAL_MS } from "./clock_skew.ts";

const MINUTE_MS = 60_000;
const EXPIRING_MS = 15 * MINUTE_MS;
const EXPIRING_SOON_MS = 5 * MINUTE_MS;

type Found = Extract<LocalCredentials, { found: true }>;

export const credentials = defineCheck({
  id: "credentials",
  title: "AWS credentials",
  category: "credentials",
  isSeedItem: false,
  primaryQuestion: "do we have valid credentials for the right account, for long enough",
  facts: ["localCredentials", "identity", "clock"],
  requires: { aws: false, instance: "none", ec2: false },
  actions: [],
  run(facts, parameters): CheckOutcome {
    const local = facts.get("localCredentials");
    const identity = facts.get("identity");
    if (local.state === "known" && !local.value.found) {
      return { findings: [absent(local.value, parameters)], planned: 1 };
    }
    const found = local.state === "known" && local.value.found ? local.value : undefined;
    if (identity.state !== "known") {
      const clock = valueOf(facts.get("clock"));
      const skewMs = Math.abs(clock?.skewMs ?? 0) - (clock?.toleranceMs ?? 0);
      const isClockWrong = skewMs > SKEW_CRITICAL_MS;
      return { findings: [refused(identity, found, { isClockWrong, parameters })], planned: 1 };
    }
    const { accountId, arn } = identity.value;
    const expected = parameters.expectedAccountId;
    if (expected !== undefined && expected !== accountId) {
      const finding = critical(
        "CREDS_ACCOUNT_MISMATCH",
        `the credentials are of account ${accountId}, and ${expected} is expected`,
        {
          remediation: [
            "Choose the profile of that account: --profile NAME",
            "Or correct aws.expected_account_id of the configuration: ec2-connect config show --origin",
          ],
          evidence: { account_id: accountId, expected_account_id: expected },
        },
      );
      return { findings: [finding], planned: 1 };
    }
    const findings = [lifetime(found, { arn, accountId, parameters })];
    if (arn.endsWith(":root")) {
      findings.push(
        warning("CREDS_ROOT", "medium", "these are the credentials of the account's root user", {
          primary: false,
          remediation: [
            "Use an IAM role or user: AWS console, IAM Identity Center, or aws configure sso",
          ],
        }),
      );
    }
    if (found !== undefined) findings.push(...remarks(found, parameters));
    return { findings, planned: 1 };
  },
});

/** The provider chain gave none. */
function absent(
  local: Extract<LocalCredentials, { found: false }>,
  parameters: CheckParameters,
): Finding {
  const profile = parameters.profile ?? "default";
  const evidence = { profile, detail: local.detail };
  switch (local.problem) {
    case "expired":
      return critical("CREDS_EXPIRED", `the credentials of profile ${profile} have expired`, {
        remediation: [...renewals(undefined, parameters)],
        evidence,
      });
    case "sso_expired":
      return ssoExpired(parameters, { detail: local.detail });
    case "unknown_profile":
      return critical("CREDS_MISSING", `there is no profile ${profile}`, {
        remediation: [
          `Create it: aws configure --profile ${profile}`,
          "Or choose another one: aws configure list-profiles",
        ],
        evidence,
      });
    case "missing":
    case "failed":
      return critical(
        "CREDS_MISSING",
        `no AWS credentials found (profile ${profile}): ${local.detail}`,
        {
          remediation: [
            "Run aws configure, or aws configure sso, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            "Or choose a profile that has some: --profile NAME; aws configure list-profiles lists them",
          ],
          evidence,
        },
      );
    default:
      local.problem satisfies never;
      return unknown("CREDS_UNKNOWN", "service_error", local.detail);
  }
}

/** AWS did not tell who we are. */
function refused(
  fact: Denied | Failed,
  found: Found | undefined,
  { isClockWrong, parameters }: { isClockWrong: boolean; parameters: CheckParameters },
): Finding {
  // GetCallerIdentity needs no permission, so a refusal is about the credentials themselves.
  const reason: ReasonCode = fact.state === "denied" ? "auth_failed" : fact.reason;
  const code = fact.state === "failed" ? fact.code : undefined;
  const evidence = {
    error_code: code ?? null,
    access_key_id: found?.maskedKeyId ?? null,
    provider: found?.provider ?? null,
  };
  if (reason === "clock_skew" || (reason === "auth_failed" && isClockWrong)) {
    const message = "the credentials cannot be judged while this computer's clock is wrong";
    return unknown("CREDS_UNKNOWN", "clock_skew", message, {
      remediation: [`Set the clock first: ${itemCommand("clock_skew", parameters)}`],
      evidence,
    });
  }
  if (reason !== "auth_failed") {
    return unknownBecause("CREDS_UNKNOWN", fact, "AWS could not be asked who we are", { evidence });
  }
  if (/^ExpiredToken|^TokenRefreshRequired$/.test(code ?? "")) {
    if (found?.provider === "sso") return ssoExpired(parameters, { detail: fact.detail });
    return critical("CREDS_EXPIRED", "AWS says that the credentials have expired", {
      remediation: renewals(found, parameters),
      evidence,
    });
  }
  return critical("CREDS_INVALID", `AWS does not take the credentials: ${fact.detail}`, {
    remediation: [
      "The key may be deleted or inactive, its secret wrong, or of another partition",
      ...renewals(found, parameters),
      `Or Region ${parameters.region} is not enabled for the account: AWS console, Account, AWS Regions`,
    ],
    evidence,
  });
}

function ssoExpired(parameters: CheckParameters, evidence: { detail: string }): Finding {
  const profile = parameters.profile ?? "default";
  return critical("CREDS_SSO_EXPIRED", `the SSO login of profile ${profile} has expired`, {
    remediation: [`aws sso login --profile ${profile}`],
    evidence: { profile, ...evidence },
    fixIds: ["sso_login"],
  });
}

/** How to get new ones from the provider that gave these. */
function renewals(found: Found | undefined, parameters: CheckParameters): string[] {
  const profile = parameters.profile ?? "default";
  switch (found?.provider) {
    case "environment":
      return ["Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"];
    case "sso":
      return [`aws sso login --profile ${profile}`];
    case "process":
      return [
        `Run the credential_process command of profile ${profile} by hand to see what it says`,
      ];
    case "container":
    case "instance_metadata":
    case "web_identity":
      return ["Check the role of this machine or container; its credentials renew by themselves"];
    case "profile":
    case "assume_role":
    case "other":
    case undefined:
      return [`Renew the keys of profile ${profile}: aws configure --profile ${profile}`];
    default:
      found?.provider satisfies undefined;
      return [];
  }
}

function lifetime(
  found: Found | undefined,
  { arn, accountId, parameters }: { arn: string; accountId: string; parameters: CheckParameters },
): Finding {
  const evidence = {
    account_id: accountId,
    arn: maskedArn(arn),
    provider: found?.provider ?? null,
    access_key_id: found?.maskedKeyId ?? null,
    expires_at: found?.expiresAtMs === undefined ? null : describeMoment(found.expiresAtMs),
  };
  const remainingMs = (found?.expiresAtMs ?? Infinity) - parameters.nowMs;
  if (remainingMs >= EXPIRING_MS) {
    const provider = found === undefined ? "" : `, from ${found.provider.replaceAll("_", " ")}`;
    return ok("CREDS_OK", `account ${accountId}, ${maskedArn(arn)}${provider}`, { evidence });
  }
  const severity = remainingMs < EXPIRING_SOON_MS ? "high" : "medium";
  return warning(
    "CREDS_EXPIRING",
    severity,
    `the credentials end in ${
      describeDuration(remainingMs)
    }: an open tunnel survives that, its reconnection and its end on AWS's side do not`,
    {
      remediation: renewals(found, parameters),
      evidence,
      predictedAtMs: parameters.nowMs + Math.max(0, remainingMs),
    },
  );
}

function remarks(found: Found, parameters: CheckParameters): Finding[] {
  const findings: Finding[] = [];
  if (found.isLongLived) {
    findings.push(
      info("CREDS_LONG_LIVED", `${found.maskedKeyId} is a long-lived key`, {
        remediation: ["Short-lived ones are safer: aws configure sso"],
      }),
    );
  }
  if (parameters.isProfileExplicit && found.hasEnvironmentKeys) {
    const used = found.provider === "environment"
      ? "AWS_ACCESS_KEY_ID is used, not the profile"
      : `profile ${parameters.profile ?? "default"} is used, not AWS_ACCESS_KEY_ID`;
    findings.push(
      warning("CREDS_ENV_OVERRIDES_PROFILE", "low", `both --profile and keys are given: ${used}`, {
        primary: false,
        remediation: ["unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"],
      }),
    );
  }
  return findings;
}

/** The ARN without the account's number, which has its own place. */
function maskedArn(arn: string): string {
  return arn.replace(/^(arn:[^:]*:[^:]*:[^:]*:)\d{8}(\d{4}:)/, "$1********$2");
}
