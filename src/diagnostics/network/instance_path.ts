/**
 * The way from the instance to one service, put together from what the network checks found: endpoint
 * first, internet second. Computed, never measured: only the agent could measure it.
 *
 * @module
 */

import { type CheckId, type Finding, findingId } from "../contracts.ts";
import type { RequiredService } from "./services.ts";
import type { ServiceTarget } from "./targets.ts";

/** What stands in the way. */
export interface Blocker {
  service: RequiredService;
  check: CheckId;
  finding: Finding;
}

export type InstancePath =
  | { service: RequiredService; state: "open" }
  | { service: RequiredService; state: "blocked"; blockers: readonly Blocker[] }
  /** `because`: the finding that could not see; undefined when the way itself cannot be followed. */
  | { service: RequiredService; state: "not_visible"; because: Finding | undefined };

/** Findings of the checks along the way. */
export type PathFindings = Readonly<
  Record<"vpc_endpoints" | "security_groups" | "network_acls", readonly Finding[]>
>;

export function instancePath(target: ServiceTarget, findings: PathFindings): InstancePath {
  const { service } = target;
  const about = (check: keyof PathFindings): Finding[] =>
    findings[check].filter((finding) => concerns(finding, service));
  const blockersOf = (check: keyof PathFindings, isBlocking: (finding: Finding) => boolean) =>
    about(check).filter(isBlocking).map((finding): Blocker => ({ service, check, finding }));
  const isCritical = ({ status }: Finding) => status === "critical";
  const unseen = (check: keyof PathFindings) =>
    about(check).find(({ status, primary }) => status === "unknown" && primary);

  switch (target.kind) {
    case "nowhere":
      // An endpoint in the making is a warning of its own, and no way through yet.
      return {
        service,
        state: "blocked",
        blockers: blockersOf(
          "vpc_endpoints",
          ({ status, code }) =>
            status === "critical" || (status === "warning" && code === "VPCE_NOT_AVAILABLE"),
        ),
      };
    case "endpoint":
    case "internet": {
      const blockers = [
        ...blockersOf("security_groups", isCritical),
        ...blockersOf("network_acls", isCritical),
      ];
      if (blockers.length > 0) return { service, state: "blocked", blockers };
      const because = unseen("security_groups") ?? unseen("network_acls");
      if (because !== undefined) return { service, state: "not_visible", because };
      return { service, state: "open" };
    }
    case "elsewhere":
    case "unseen": {
      // Groups that let nothing out at all block whatever the way is.
      const blockers = blockersOf("security_groups", isCritical);
      if (blockers.length > 0) return { service, state: "blocked", blockers };
      return { service, state: "not_visible", because: unseen("vpc_endpoints") };
    }
    default:
      return target satisfies never;
  }
}

/** A blocker in the report's words. */
export function describeBlocker({ service, check, finding }: Blocker) {
  return {
    service,
    check,
    code: finding.code,
    finding_id: findingId(check, finding),
    resources: finding.resources.map(({ id }) => id),
  };
}

/** A finding that names services is about those alone. */
function concerns({ evidence }: Finding, service: RequiredService): boolean {
  const { services } = evidence;
  return !Array.isArray(services) || services.includes(service);
}
