/**
 * `clock_skew`: is this computer's clock close enough to AWS's to sign requests.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { critical, ok, unknown, unknownBecause, warning } from "../findings.ts";
import { describeDuration } from "../remedies.ts";

/** Signatures are taken for about 5 minutes. */
export const SKEW_CRITICAL_MS = 240_000;
const SKEW_WARNING_MS = 60_000;

const SET_THE_CLOCK = "Let the clock be set by the network: timedatectl set-ntp true (Linux), " +
  "System Settings, General, Date & Time (macOS), w32tm /resync (Windows)";

export const clockSkew = defineCheck({
  id: "clock_skew",
  title: "Local clock",
  category: "credentials",
  isSeedItem: false,
  primaryQuestion: "is the local clock close enough to sign requests",
  facts: ["clock", "identity"],
  requires: { aws: false, instance: "none", ec2: false },
  actions: [],
  run(facts): CheckOutcome {
    const clock = facts.get("clock");
    const identity = facts.get("identity");
    return { findings: [judge()], planned: 1 };

    function judge(): Finding {
      const skewMs = clock.state === "known" ? clock.value.skewMs : undefined;
      if (clock.state === "known" && skewMs !== undefined) {
        return skewFinding(skewMs, clock.value.toleranceMs);
      }
      if (identity.state === "failed" && identity.reason === "clock_skew") {
        return critical("CLOCK_SKEWED", "AWS refuses the requests of this clock", {
          remediation: [SET_THE_CLOCK],
          evidence: { error_code: identity.code ?? null },
        });
      }
      const message = "the clock could not be compared with AWS's";
      if (clock.state !== "known") return unknownBecause("CLOCK_UNKNOWN", clock, message);
      return unknown("CLOCK_UNKNOWN", "service_error", `${message}: the answer has no Date`, {
        remediation: ["Check --endpoint-url, AWS_ENDPOINT_URL and any proxy"],
      });
    }
  },
});

/** @param toleranceMs How wrong the measurement can be: a slow answer proves little. */
function skewFinding(skewMs: number, toleranceMs: number): Finding {
  const surelyMs = Math.max(0, Math.abs(skewMs) - toleranceMs);
  const direction = skewMs > 0 ? "ahead of" : "behind";
  const text = `this clock is ${describeDuration(Math.abs(skewMs))} ${direction} AWS's`;
  const evidence = { skew_ms: Math.round(skewMs), tolerance_ms: Math.round(toleranceMs) };
  if (surelyMs > SKEW_CRITICAL_MS) {
    return critical("CLOCK_SKEWED", text, {
      remediation: [
        SET_THE_CLOCK,
        "Some calls may work all the same, because they are corrected; the data channel may not",
      ],
      evidence,
    });
  }
  if (surelyMs > SKEW_WARNING_MS) {
    return warning("CLOCK_DRIFT", "medium", text, { remediation: [SET_THE_CLOCK], evidence });
  }
  return ok("CLOCK_OK", "this clock agrees with AWS's", { evidence });
}
