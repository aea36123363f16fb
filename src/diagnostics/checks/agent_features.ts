/**
 * `agent_features`: is the agent new enough for what is wanted.
 *
 * @module
 */

import { isAbove, isAtLeast } from "../agent_version.ts";
import { MINIMUM_AGENT, MULTIPLEXING_ABOVE } from "../agent_versions.ts";
import { type CheckOutcome, defineCheck, type Finding, findingId } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import { critical, ok, unknown, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { fixCommand } from "../remedies.ts";
import { forbiddenRemoteHost } from "../remote_host.ts";

export const agentFeatures = defineCheck({
  id: "agent_features",
  title: "Agent features",
  category: "agent",
  isSeedItem: false,
  primaryQuestion: "is the agent new enough for the requested feature",
  facts: ["node", "vpc"],
  requires: { aws: true, instance: "running", ec2: false },
  actions: ["ssm:DescribeInstanceInformation"],
  run(facts, parameters): CheckOutcome {
    const forbidden = parameters.remoteHost === undefined
      ? undefined
      : forbiddenRemoteHost(parameters.remoteHost, valueOf(facts.get("vpc"))?.cidrs ?? []);
    const findings = versionFindings();
    if (forbidden !== undefined) {
      findings.unshift(
        critical(
          "FEATURE_REMOTE_HOST_FORBIDDEN",
          `the agent refuses to forward to ${parameters.remoteHost}: ${forbidden}`,
          {
            remediation: ["Choose another --remote-host"],
            resources: [{ type: "host", id: parameters.remoteHost ?? "" }],
          },
        ),
      );
    }
    return { findings, planned: 1 };

    function versionFindings(): Finding[] {
      const node = facts.get("node");
      const resources = [{ type: "instance", id: parameters.instanceId }];
      const message = "the agent's version is not known";
      if (node.state !== "known") {
        return [{ ...unknownBecause("FEATURES_UNKNOWN", node, message), resources }];
      }
      const version = node.value?.agentVersion ?? "";
      if (isAtLeast(version, "0") === undefined) {
        const found = node.value === undefined
          ? "the agent has no record"
          : `the record says ${JSON.stringify(version)}`;
        return [
          unknown("FEATURES_UNKNOWN", "not_visible", `${message}: ${found}`, {
            remediation: ["Run the diagnosis again once the agent is connected"],
            resources,
          }),
        ];
      }
      return judge(version, parameters).map((finding) => ({ ...finding, resources }));
    }
  },
});

function judge(version: string, parameters: CheckParameters): Finding[] {
  const { name, minimum } = wantedFeature(parameters);
  if (isAtLeast(version, minimum) === false) {
    const isTooOld = isAtLeast(version, MINIMUM_AGENT.sessionManager) === false;
    const resources = [{ type: "instance", id: parameters.instanceId }];
    return [
      critical("FEATURE_UNSUPPORTED", `agent ${version} cannot do ${name}: ${minimum} can`, {
        remediation: [fixCommand("update_agent", parameters)],
        evidence: { agent_version: version, minimum, feature: name },
        fixIds: ["update_agent"],
        follows: isTooOld ? [findingId("ssm_agent", { code: "AGENT_TOO_OLD", resources })] : [],
      }),
    ];
  }
  if (parameters.wantsMultiplexing && isAbove(version, MULTIPLEXING_ABOVE) === false) {
    return [
      warning(
        "FEATURE_UNSUPPORTED",
        "low",
        `agent ${version} serves one connection at a time over a tunnel; ` +
          `newer than ${MULTIPLEXING_ABOVE} serves many`,
        {
          remediation: [fixCommand("update_agent", parameters)],
          evidence: { agent_version: version, above: MULTIPLEXING_ABOVE, feature: "multiplexing" },
          fixIds: ["update_agent"],
        },
      ),
    ];
  }
  return [
    ok("FEATURES_OK", `agent ${version} can do ${name}`, { evidence: { agent_version: version } }),
  ];
}

function wantedFeature(
  { connection }: CheckParameters,
): { name: string; minimum: string } {
  switch (connection) {
    case "remote_host":
      return { name: "port forwarding to a remote host", minimum: MINIMUM_AGENT.remoteHost };
    case "shell":
      return { name: "shell sessions", minimum: MINIMUM_AGENT.sessionManager };
    case "ssh":
      return { name: "SSH sessions", minimum: MINIMUM_AGENT.portForwarding };
    case "port":
      return { name: "port forwarding", minimum: MINIMUM_AGENT.portForwarding };
    default:
      connection satisfies never;
      return { name: "sessions", minimum: MINIMUM_AGENT.sessionManager };
  }
}
