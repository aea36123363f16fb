/**
 * `expiring_credentials`: do the credentials last as long as the connection is wanted.
 *
 * A live tunnel survives their end; reconnecting and terminating do not.
 *
 * @module
 */

import { credentials } from "../checks/credentials.ts";
import { type CheckOutcome, defineCheck, type FactReader, type Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import { critical, ok, warning } from "../findings.ts";
import { describeDuration } from "../remedies.ts";

const MINUTE_MS = 60_000;
/** Less than this is as good as over. */
const CRITICAL_MS = 5 * MINUTE_MS;

export const expiringCredentials = defineCheck({
  id: "expiring_credentials",
  standsFor: "credentials",
  title: "End of the credentials",
  category: "credentials",
  isSeedItem: false,
  primaryQuestion: "do the credentials last as long as the connection is wanted",
  facts: ["identity", "localCredentials", "clock"],
  requires: credentials.requires,
  actions: [],
  run(facts, parameters): CheckOutcome {
    const found = valueOf(facts.get("localCredentials"));
    // Credentials that are refused now have no future to speak of.
    const now = credentials.run(facts as FactReader, parameters);
    const isAnswered = found?.found === true &&
      !now.findings.some(({ status }) => status === "critical" || status === "unknown");
    if (!isAnswered) return now;
    const ends = [
      { what: "the credentials end", atMs: found.expiresAtMs },
      { what: "the SSO login ends", atMs: found.ssoExpiresAtMs },
    ].flatMap(({ what, atMs }) => atMs === undefined ? [] : [{ what, atMs }]);
    const findings = ends.flatMap((end) => judge(end, parameters));
    if (findings.length === 0) {
      const message = `the credentials last for the next ${parameters.expectedDurationMin} min`;
      findings.push(ok("CREDS_LAST", message));
    }
    return { findings, planned: Math.max(1, ends.length) };
  },
});

function judge(
  { what, atMs }: { what: string; atMs: number },
  parameters: { nowMs: number; expectedDurationMin: number; profile: string | undefined },
): Finding[] {
  const { nowMs, expectedDurationMin } = parameters;
  const leftMs = atMs - nowMs;
  const message = `${what} in ${describeDuration(leftMs)}; the tunnel survives that, ` +
    "reconnecting and ending it do not";
  const profile = parameters.profile === undefined ? "" : ` --profile ${parameters.profile}`;
  const details = {
    predictedAtMs: Math.max(atMs, nowMs),
    remediation: [`Renew them before: aws sso login${profile}, or set new keys`],
    evidence: { expires_in_s: Math.max(0, Math.round(leftMs / 1000)) },
  };
  if (leftMs <= CRITICAL_MS) return [critical("CREDS_EXPIRING", message, details)];
  if (leftMs >= expectedDurationMin * MINUTE_MS) return [];
  return [warning("CREDS_EXPIRING", "medium", message, details)];
}
