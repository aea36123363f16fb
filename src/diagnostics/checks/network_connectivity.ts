/**
 * `network_connectivity`: can this computer reach the AWS APIs, and is the computed instance path open.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import type { Facts } from "../facts/facts.ts";
import { skipped, unknownBecause } from "../findings.ts";
import { clientFindings } from "../network/client_findings.ts";
import { instancePath } from "../network/instance_path.ts";
import { pathFinding } from "../network/path_findings.ts";
import { resolveNetwork } from "../network/targets.ts";
import type { CheckParameters } from "../parameters.ts";
import { networkAcls } from "./network_acls.ts";
import { securityGroups } from "./security_groups.ts";
import { vpcEndpoints } from "./vpc_endpoints.ts";

/** The checks that the way is put together from: one truth, told once. */
const ALONG_THE_WAY = [vpcEndpoints, securityGroups, networkAcls] as const;

export const networkConnectivity = defineCheck({
  id: "network_connectivity",
  title: "Way from here, and from the instance",
  category: "network",
  isSeedItem: true,
  primaryQuestion: "can this computer reach the AWS APIs, and is the computed instance path open",
  facts: ["clientProbes", ...new Set(ALONG_THE_WAY.flatMap(({ facts }) => facts))],
  // The half of this computer says something where everything else is out of reach.
  requires: { aws: false, instance: "none", ec2: false },
  actions: [...new Set(ALONG_THE_WAY.flatMap(({ actions }) => actions))],
  run(facts, parameters): CheckOutcome {
    const client = clientFindings(facts.get("clientProbes"));
    const network = parameters.isHybrid ? undefined : resolveNetwork(facts, parameters);
    if (network === undefined) {
      const path = withoutInstance(facts.get("instance"), parameters);
      return { findings: [...client, path], planned: 2 };
    }
    const [vpc_endpoints, security_groups, network_acls] = ALONG_THE_WAY.map((check) =>
      check.run(facts, parameters).findings
    ) as [Finding[], Finding[], Finding[]];
    const paths = network.targets.map((target) =>
      instancePath(target, { vpc_endpoints, security_groups, network_acls })
    );
    return { findings: [...client, pathFinding(paths, parameters)], planned: 2 };
  },
});

/** Nothing to compute without an instance of EC2. */
function withoutInstance(instance: Facts["instance"], { isHybrid }: CheckParameters): Finding {
  if (isHybrid) {
    return skipped(
      "PATH_NOT_VISIBLE",
      "not_applicable",
      "the way from a hybrid node is not of EC2's making",
    );
  }
  const isBlocked = instance.state === "failed" &&
    ["auth_failed", "clock_skew", "region_disabled", "not_applicable"].includes(instance.reason);
  if (instance.state === "known" || isBlocked) {
    const why = instance.state === "known" ? "there is no such instance" : "AWS cannot be asked";
    return skipped(
      "PATH_NOT_VISIBLE",
      "blocked_by",
      `the way from the instance is not computed: ${why}`,
    );
  }
  return unknownBecause(
    "PATH_NOT_VISIBLE",
    instance,
    "the way from the instance could not be computed",
  );
}
