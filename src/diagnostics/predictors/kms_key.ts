/**
 * `kms_key`: does the key of the sessions stay usable.
 *
 * @module
 */

import { type CheckOutcome, defineCheck } from "../contracts.ts";
import { critical, ok, skipped, unknownBecause, warning } from "../findings.ts";

export const kmsKey = defineCheck({
  id: "kms_key",
  standsFor: "session_preferences",
  title: "Key of the sessions",
  category: "session",
  isSeedItem: false,
  primaryQuestion: "does the key that encrypts sessions stay usable",
  facts: ["kmsKey"],
  requires: { aws: true, instance: "none", ec2: false },
  actions: ["kms:DescribeKey"],
  run(facts, { connection }): CheckOutcome {
    const fact = facts.get("kmsKey");
    if (fact.state === "failed" && fact.reason === "not_applicable") {
      const message = "Sessions are not encrypted with a key of the account";
      return { planned: 1, findings: [skipped("KEY_NONE", "not_applicable", message)] };
    }
    if (fact.state !== "known") {
      const message = "the key of the sessions could not be looked at";
      return { planned: 1, findings: [unknownBecause("KEY_NOT_VISIBLE", fact, message)] };
    }
    const key = fact.value;
    const state = key?.state ?? "deleted";
    if (state === "Enabled") {
      return { planned: 1, findings: [ok("KEY_OK", "the key of the sessions is enabled")] };
    }
    const message = `the key of the sessions is ${state}`;
    const details = {
      ...key === undefined ? {} : { resources: [{ type: "kms-key", id: key.keyId }] },
      predictedAtMs: key?.deletionAtMs,
      evidence: { state },
      remediation: [
        "Enable the key, or cancel its deletion: AWS console, KMS, Customer managed keys",
        "Or choose another one: AWS console, Systems Manager, Session Manager, Preferences",
      ],
    };
    const finding = connection === "shell"
      ? critical("KEY_UNUSABLE", message, details)
      : warning("KEY_UNUSABLE", "low", `${message}; it matters to shell sessions only`, details);
    return { planned: 1, findings: [finding] };
  },
});
