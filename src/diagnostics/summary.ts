/**
 * The few words that a whole run comes down to.
 *
 * @module
 */

import type { Status } from "./contracts.ts";
import { isConnected, type SeenFacts } from "./correlation.ts";
import type { ExitCode } from "./exit_code.ts";
import { rankOf } from "./findings.ts";
import type { CheckResult } from "./results.ts";

export interface Summary {
  overall: Status;
  canConnect: "yes" | "no" | "unknown";
  counts: Readonly<Record<Status, number>>;
  exitCode: ExitCode;
}

export function summarize(
  results: readonly CheckResult[],
  facts: SeenFacts,
  exitCode: ExitCode,
): Summary {
  const counts = { ok: 0, warning: 0, unknown: 0, critical: 0, skipped: 0 };
  for (const { status } of results) counts[status] += 1;
  const overall = results.map(({ status }) => status)
    .reduce<Status>((worst, status) => rankOf(status) > rankOf(worst) ? status : worst, "skipped");
  return { overall, canConnect: canConnect(results, facts), counts, exitCode };
}

function canConnect(results: readonly CheckResult[], facts: SeenFacts): Summary["canConnect"] {
  const critical = results.filter(({ status }) => status === "critical").flatMap((
    { basis: id, findings },
  ) => findings.filter(({ status }) => status === "critical").map(({ code }) => ({ id, code })));
  // These are about later: the connection itself works now.
  const isAboutLater = ({ id, code }: (typeof critical)[number]) =>
    id === "scheduled_events" ||
    (id === "session_preferences" && /IDLE|DURATION/.test(code));
  if (critical.some((finding) => !isAboutLater(finding))) return "no";
  return isConnected(facts) ? "yes" : "unknown";
}
