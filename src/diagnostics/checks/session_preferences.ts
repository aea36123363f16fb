/**
 * `session_preferences`: will the account's preferences let the session start and last.
 *
 * Key, RunAs and logging concern shell sessions alone: the agent's port plugin skips them
 * (amazon-ssm-agent agent/session/plugins/sessionplugin/sessionplugin.go). Timeouts concern all.
 *
 * @module
 */

import { isAtLeast } from "../agent_version.ts";
import { MINIMUM_AGENT } from "../agent_versions.ts";
import { type CheckOutcome, defineCheck, type FactReader, type Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { SessionPreferences } from "../facts/session.ts";
import { critical, info, ok, unknown, unknownBecause, warning } from "../findings.ts";
import { SHELL_DOCUMENT } from "../iam/actions.ts";
import { grantOf } from "../iam/grant.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, fixCommand } from "../remedies.ts";

/** Source: Session Manager user guide, "Specify an idle session timeout value". */
const DEFAULT_IDLE_MIN = 20;
const IDLE_LIMITS_MIN = [1, 60] as const;
const IDLE_SHORT_MIN = 10;
const IDLE_VERY_SHORT_MIN = 5;

const PLACE = "AWS console, Systems Manager, Session Manager, Preferences";

const FACTS = [
  "preferences",
  "kmsKey",
  "kmsKeyUse",
  "rolePermissions",
  "node",
  "instance",
] as const;
type PreferencesReader = FactReader<(typeof FACTS)[number]>;

export const sessionPreferences = defineCheck({
  id: "session_preferences",
  title: "Session preferences",
  category: "session",
  isSeedItem: false,
  primaryQuestion: "will account preferences let the session start and last",
  facts: FACTS,
  requires: { aws: true, instance: "none", ec2: false },
  actions: ["ssm:GetDocument", "kms:DescribeKey", "kms:GenerateDataKey"],
  run(facts, parameters): CheckOutcome {
    const document = facts.get("preferences");
    const resources = [{ type: "document", id: SHELL_DOCUMENT }];
    const isShell = parameters.connection === "shell";
    if (document.state !== "known") {
      const message = "the account's session preferences could not be read";
      const hidden = unknownBecause("PREFS_NOT_VISIBLE", document, message);
      // A port session minds nothing of them but the timeouts.
      const finding: Finding = isShell
        ? hidden
        : { ...hidden, status: "warning", severity: "low", reason: undefined };
      return { findings: [{ ...finding, resources }], planned: 1 };
    }
    if (!document.value.exists) {
      const message =
        `preferences were never changed: idle timeout ${DEFAULT_IDLE_MIN} min, no maximum`;
      return { findings: [ok("PREFS_DEFAULT", message, { resources })], planned: 1 };
    }
    if ("problem" in document.value) {
      const { problem, version } = document.value;
      const finding = invalid(problem.detail, { version });
      return { findings: [{ ...finding, resources }], planned: 1 };
    }
    const { preferences } = document.value;
    const findings = [
      ...timeoutFindings(preferences, parameters),
      ...keyFindings(preferences, facts, parameters),
      ...(isShell ? shellFindings(preferences, facts) : []),
    ];
    if (!findings.some(({ primary, status }) => primary && status !== "ok")) {
      findings.unshift(fine(preferences));
    }
    return {
      findings: findings.map((finding) => ({
        ...finding,
        resources: [...finding.resources, ...resources],
      })),
      planned: isShell && needsLogTargets(preferences) ? 2 : 1,
    };
  },
});

function fine({ idleTimeoutMin, maxDurationMin, kmsKeyId }: SessionPreferences): Finding {
  const idle = idleTimeoutMin ?? DEFAULT_IDLE_MIN;
  const longest = maxDurationMin === undefined ? "no maximum" : `at most ${maxDurationMin} min`;
  return ok("PREFS_OK", `idle timeout ${idle} min, ${longest}`, {
    evidence: {
      idle_timeout_min: idle,
      max_duration_min: maxDurationMin ?? null,
      kms_key_id: kmsKeyId ?? null,
    },
  });
}

function invalid(detail: string, evidence: Finding["evidence"]): Finding {
  return warning("PREFS_INVALID", "high", `the session preferences are not valid: ${detail}`, {
    remediation: [`Save them again: ${PLACE}`],
    evidence,
  });
}

function timeoutFindings(
  { idleTimeoutMin, maxDurationMin, invalid: badInputs }: SessionPreferences,
  { expectedDurationMin }: CheckParameters,
): Finding[] {
  const findings: Finding[] = [];
  const [shortest, longest] = IDLE_LIMITS_MIN;
  const isIdleOutside = idleTimeoutMin !== undefined &&
    (idleTimeoutMin < shortest || idleTimeoutMin > longest);
  const bad = Object.entries(badInputs).map(([name, text]) => `${name} is "${text}"`);
  if (isIdleOutside) {
    bad.push(`idleSessionTimeout is ${idleTimeoutMin}, not ${shortest} to ${longest} minutes`);
  }
  if (bad.length > 0) findings.push(invalid(bad.join("; "), { inputs: bad }));
  if (idleTimeoutMin !== undefined && !isIdleOutside && idleTimeoutMin < IDLE_SHORT_MIN) {
    findings.push(
      warning(
        "PREFS_IDLE_SHORT",
        idleTimeoutMin < IDLE_VERY_SHORT_MIN ? "high" : "medium",
        `sessions end after ${idleTimeoutMin} min without traffic`,
        {
          remediation: [
            "Keep the session busy: ec2-connect connect --keep-alive always",
            `Or raise the idle timeout: ${PLACE}`,
          ],
          evidence: { idle_timeout_min: idleTimeoutMin },
        },
      ),
    );
  }
  if (maxDurationMin !== undefined && maxDurationMin < expectedDurationMin) {
    findings.push(
      warning(
        "PREFS_MAX_DURATION",
        "medium",
        `sessions end after ${maxDurationMin} min, and ${expectedDurationMin} min are wanted`,
        {
          remediation: [`Raise the maximum duration: ${PLACE}`],
          evidence: {
            max_duration_min: maxDurationMin,
            expected_duration_min: expectedDurationMin,
          },
        },
      ),
    );
  }
  return findings;
}

function keyFindings(
  { kmsKeyId }: SessionPreferences,
  facts: PreferencesReader,
  parameters: CheckParameters,
): Finding[] {
  if (kmsKeyId === undefined) return [];
  const isShell = parameters.connection === "shell";
  const resources = [{ type: "kms-key", id: kmsKeyId }];
  const key = facts.get("kmsKey");
  const findings: Finding[] = [];
  if (key.state !== "known") {
    // Nobody else needs the key.
    if (!isShell) return [];
    return [
      unknownBecause(
        "PREFS_KMS_NOT_VISIBLE",
        key,
        `the session key ${kmsKeyId} could not be read`,
        {
          resources,
        },
      ),
    ];
  }
  const state = key.value?.state ?? "NotFound";
  if (state !== "Enabled") {
    const message = `the session key ${kmsKeyId} cannot be used: ${state}`;
    const details = {
      remediation: [
        state === "PendingDeletion"
          ? awsCli(`kms cancel-key-deletion --key-id ${kmsKeyId}`, parameters)
          : state === "Disabled"
          ? awsCli(`kms enable-key --key-id ${kmsKeyId}`, parameters)
          : `Choose another key: ${PLACE}`,
        `Or switch encryption off: ${PLACE}`,
      ],
      resources,
      evidence: { key_state: state },
    };
    findings.push(
      isShell
        ? critical("PREFS_KMS_KEY_UNUSABLE", message, details)
        : warning("PREFS_KMS_KEY_UNUSABLE", "low", `${message}; shell sessions will fail`, details),
    );
  }
  const forShell = (code: string, message: string, details: Partial<Finding>): Finding =>
    isShell
      ? critical(code, message, details)
      : info(code, `${message}, for shell sessions`, details);
  if (valueOf(facts.get("kmsKeyUse")) === "denied") {
    findings.push(
      forShell("PREFS_KMS_CALLER_DENIED", `you may not use the session key ${kmsKeyId}`, {
        remediation: [`Allow kms:GenerateDataKey on ${key.value?.arn ?? kmsKeyId} to yourself`],
        resources,
      }),
    );
  }
  const permissions = valueOf(facts.get("rolePermissions"));
  const decrypt = permissions === undefined || key.value === undefined
    ? undefined
    : grantOf(permissions, { action: "kms:Decrypt", resource: key.value.arn }, { isExact: true });
  if (decrypt?.decision === "implicit_deny" || decrypt?.decision === "explicit_deny") {
    findings.push(
      forShell(
        "PREFS_KMS_ROLE_DENIED",
        `the instance's role may not decrypt with the session key ${kmsKeyId}`,
        {
          remediation: [
            `Allow kms:Decrypt on ${key.value?.arn ?? kmsKeyId} to the instance's role`,
          ],
          resources,
        },
      ),
    );
  }
  const version = valueOf(facts.get("node"))?.agentVersion;
  if (isShell && isAtLeast(version, MINIMUM_AGENT.encryptedShell) === false) {
    findings.push(
      critical("PREFS_KMS_AGENT_OLD", `agent ${version} knows no encrypted sessions`, {
        remediation: [fixCommand("update_agent", parameters)],
        evidence: { agent_version: version ?? null, minimum: MINIMUM_AGENT.encryptedShell },
        fixIds: ["update_agent"],
        resources,
      }),
    );
  }
  return findings;
}

function shellFindings(preferences: SessionPreferences, facts: PreferencesReader): Finding[] {
  const findings: Finding[] = [];
  const isWindows = valueOf(facts.get("instance"))?.platform === "windows";
  if (preferences.runAsEnabled && !isWindows) {
    const user = preferences.runAsDefaultUser;
    findings.push(
      warning(
        "PREFS_RUNAS",
        user === undefined ? "high" : "low",
        user === undefined
          ? "sessions run as the user of your tag SSMSessionRunAs; without that tag they fail"
          : `sessions run as user ${user}, who must exist on the instance`,
        {
          remediation: [
            user === undefined
              ? "Set the tag SSMSessionRunAs on your IAM user or role: AWS console, IAM, Tags"
              : `Create user ${user} on the instance, or change the user: ${PLACE}`,
          ],
          evidence: { run_as_default_user: user ?? null },
        },
      ),
    );
  }
  if (needsLogTargets(preferences)) {
    const { s3EncryptionEnabled, s3BucketName, cloudWatchLogGroupName } = preferences;
    const isS3 = s3EncryptionEnabled && s3BucketName !== undefined;
    const target = isS3 ? `bucket ${s3BucketName}` : `log group ${cloudWatchLogGroupName}`;
    findings.push(
      unknown(
        "PREFS_LOG_UNENCRYPTED",
        "not_visible",
        `${target} must be encrypted, or the agent refuses the session; that is not read here`,
        {
          primary: false,
          needs: [isS3 ? "s3:GetEncryptionConfiguration" : "logs:DescribeLogGroups"],
          remediation: [
            isS3
              ? `aws s3api get-bucket-encryption --bucket ${s3BucketName}`
              : `aws logs describe-log-groups --log-group-name-prefix ${cloudWatchLogGroupName}`,
          ],
        },
      ),
    );
  }
  return findings;
}

/** Logs must be encrypted, so whether their target is decides. */
function needsLogTargets(preferences: SessionPreferences): boolean {
  const { s3EncryptionEnabled, s3BucketName } = preferences;
  const { cloudWatchEncryptionEnabled, cloudWatchLogGroupName } = preferences;
  return (s3EncryptionEnabled && s3BucketName !== undefined) ||
    (cloudWatchEncryptionEnabled && cloudWatchLogGroupName !== undefined);
}
