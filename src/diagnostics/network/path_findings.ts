/**
 * One finding about the computed ways to all services.
 *
 * @module
 */

import type { Finding, Resource } from "../contracts.ts";
import { critical, ok, unknown } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { describeBlocker, type InstancePath } from "./instance_path.ts";

const COMPUTED = "computed from the VPC's configuration, not measured";

/** @param paths One for each service, at least one. */
export function pathFinding(paths: readonly InstancePath[], parameters: CheckParameters): Finding {
  const { instanceId } = parameters;
  const resources: Resource[] = [{ type: "instance", id: instanceId }];
  const blocked = paths.filter((path) => path.state === "blocked");
  const evidence = (concerned: readonly InstancePath[]) => ({
    method: "computed",
    services: concerned.map(({ service }) => service),
  });
  if (blocked.length > 0) {
    const blockers = blocked.flatMap((path) => path.blockers).map(describeBlocker);
    const codes = [...new Set(blockers.map(({ code }) => code))].join(", ");
    return critical(
      "PATH_BLOCKED",
      `the way from the instance to ${namesOf(blocked)} is blocked: ${codes} (${COMPUTED})`,
      {
        resources,
        evidence: { ...evidence(blocked), blockers },
        follows: [...new Set(blockers.map((blocker) => blocker.finding_id))],
        remediation: [
          ...new Set(
            blocked.flatMap(({ blockers }) =>
              blockers.flatMap(({ finding }) => finding.remediation[0] ?? [])
            ),
          ),
        ].slice(0, 5),
      },
    );
  }
  const unseen = paths.filter((path) => path.state === "not_visible");
  if (unseen.length === 0) {
    return ok("PATH_OPEN", `the way from the instance to ${namesOf(paths)} is open (${COMPUTED})`, {
      resources,
      evidence: evidence(paths),
    });
  }
  const because = unseen.map((path) => path.because).find((finding) => finding !== undefined);
  const why = because === undefined ? "" : `: ${because.message}`;
  return unknown(
    "PATH_NOT_VISIBLE",
    because?.reason ?? "not_visible",
    `the way from the instance to ${namesOf(unseen)} cannot be seen${why}`,
    {
      resources,
      evidence: evidence(unseen),
      needs: [...new Set(unseen.flatMap((path) => path.because?.needs ?? []))],
      remediation: [
        ...(because?.remediation ?? []),
        "To measure it on the instance, as root: ssm-cli get-diagnostics --output table",
      ].slice(0, 5),
    },
  );
}

function namesOf(paths: readonly InstancePath[]): string {
  return paths.map(({ service }) => service).join(" and ");
}
