/**
 * `ssm_agent`: can Session Manager open a session to the instance now.
 *
 * Two signals: the session channel (`GetConnectionStatus`), which decides, and the agent's pings
 * (`DescribeInstanceInformation`). Where they disagree they point at the cause.
 *
 * @module
 */

import { MINIMUM_AGENT } from "../agent_versions.ts";
import { isAtLeast } from "../agent_version.ts";
import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { Facts } from "../facts/facts.ts";
import type { Ec2Instance, ManagedNode } from "../facts/instance.ts";
import { critical, info, ok, skipped, unknown, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, describeDuration, findCause, fixCommand, itemCommand } from "../remedies.ts";

const MINUTE_MS = 60_000;
/** A new instance may take this long until its agent has registered. */
const NEW_INSTANCE_MS = 10 * MINUTE_MS;
/** Two pings of 5 minutes. Source: amazon-ssm-agent agent/appconfig/constants.go. */
const STALE_PING_MS = 10 * MINUTE_MS;

/** The session channel, and the node's record. */
const PLANNED = 2;

const HIBERNATION =
  "An agent that cannot authenticate tries again after 5 minutes and later after an hour: restart " +
  "it (or the instance) once the cause is mended";

export const ssmAgent = defineCheck({
  id: "ssm_agent",
  title: "SSM agent",
  category: "agent",
  isSeedItem: true,
  primaryQuestion: "can Session Manager open a session to it now",
  facts: ["connection", "node", "instance"],
  requires: { aws: true, instance: "running", ec2: false },
  actions: ["ssm:GetConnectionStatus", "ssm:DescribeInstanceInformation"],
  run(facts, parameters): CheckOutcome {
    const connection = facts.get("connection");
    const node = facts.get("node");
    const instance = valueOf(facts.get("instance"));
    const resources = [{ type: "instance", id: parameters.instanceId }];
    if (isDown(instance)) {
      const message = `the agent cannot run: the instance is ${instance?.state}`;
      return {
        findings: [skipped("AGENT_SKIPPED", "blocked_by", message, { resources })],
        planned: 1,
      };
    }
    const record = valueOf(node);
    const findings = [
      ...channelFindings(connection, node, { instance, parameters }),
      ...(record === undefined ? [] : versionFindings(record, parameters)),
    ];
    return { findings: findings.map((one) => ({ ...one, resources })), planned: PLANNED };
  },
});

function isDown(instance: Ec2Instance | undefined): boolean {
  return instance !== undefined && instance.state !== "running" && instance.state !== "pending";
}

interface Surroundings {
  instance: Ec2Instance | undefined;
  parameters: CheckParameters;
}

function channelFindings(
  connection: Facts["connection"],
  node: Facts["node"],
  surroundings: Surroundings,
): Finding[] {
  const hidden = node.state === "known"
    ? []
    : [unknownBecause("AGENT_NODE_NOT_VISIBLE", node, "the agent's pings could not be read", {
      primary: false,
    })];
  if (connection.state !== "known") {
    const seen = node.state !== "known"
      ? "the session channel could not be checked"
      : node.value === undefined
      ? "the agent has no record, and the session channel could not be checked"
      : `the agent pings (${pingWord(node.value)}), but the session channel could not be checked`;
    return [unknownBecause("AGENT_CHANNEL_NOT_VISIBLE", connection, seen), ...hidden];
  }
  switch (connection.value) {
    case "connected":
      return [
        node.state === "known"
          ? connectedFinding(node.value, surroundings.parameters)
          : ok("AGENT_CONNECTED", "the agent is connected"),
        ...hidden,
      ];
    case "notconnected":
      return [notConnectedFinding(node, surroundings), ...hidden];
    default:
      return [
        unknown(
          "AGENT_CHANNEL_NOT_VISIBLE",
          "service_error",
          `Session Manager calls the connection ${JSON.stringify(connection.value)}, ` +
            "which has no meaning here",
          { remediation: ["Check --endpoint-url and AWS_ENDPOINT_URL"] },
        ),
        ...hidden,
      ];
  }
}

function connectedFinding(record: ManagedNode | undefined, parameters: CheckParameters): Finding {
  if (record === undefined) {
    return warning(
      "AGENT_RECORD_MISSING",
      "low",
      "the session channel is up, but the agent has no record in Systems Manager",
      {
        remediation: [
          `Sessions work; look again in 10 minutes: ${itemCommand("ssm_agent", parameters)}`,
        ],
      },
    );
  }
  const ageMs = pingAgeMs(record, parameters);
  const evidence = nodeEvidence(record, ageMs);
  if (record.pingStatus !== "online") {
    return warning(
      "AGENT_STATUS_CONFLICT",
      "high",
      `sessions are possible, but the agent's health pings fail (${pingWord(record)}${
        lastPing(ageMs)
      })`,
      {
        remediation: [
          `Check the way to the ssm endpoint: ${itemCommand("vpc_endpoints", parameters)}`,
          "Check that the instance's role allows ssm:UpdateInstanceInformation: " +
          itemCommand("iam_permissions", parameters),
        ],
        evidence,
      },
    );
  }
  if (ageMs !== undefined && ageMs > STALE_PING_MS) {
    return warning(
      "AGENT_PING_STALE",
      "medium",
      `the agent is connected, but its last ping is ${describeDuration(ageMs)} old: two are missed`,
      {
        remediation: [
          "The record may change to ConnectionLost; check the way to the ssm endpoint: " +
          itemCommand("network_connectivity", parameters),
        ],
        evidence,
      },
    );
  }
  const version = record.agentVersion === "" ? "" : ` ${record.agentVersion}`;
  return ok("AGENT_CONNECTED", `agent${version} connected`, { evidence });
}

function notConnectedFinding(node: Facts["node"], { instance, parameters }: Surroundings): Finding {
  const record = valueOf(node);
  if (record !== undefined) {
    return record.pingStatus === "online"
      ? noSessionChannel(record, parameters)
      : connectionLost(record, parameters);
  }
  const isNew = instance !== undefined &&
    parameters.nowMs - instance.launchedAtMs < NEW_INSTANCE_MS;
  if (isNew) {
    const ageMs = parameters.nowMs - instance.launchedAtMs;
    return warning(
      "AGENT_REGISTERING",
      "medium",
      `the agent is not connected yet; the instance was started ${
        describeDuration(ageMs)
      } ago, and up to 10 min are usual`,
      {
        remediation: [`Wait: ${fixCommand("wait_agent", parameters, "auto")}`],
        fixIds: ["wait_agent"],
      },
    );
  }
  const seen = node.state === "known"
    ? "the agent never registered: it is not installed or does not run, has no role, or no way to AWS"
    : "the agent is not connected";
  return critical("AGENT_NOT_REGISTERED", seen, {
    remediation: [
      findCause(parameters),
      `See whether the agent is installed and started: ${
        awsCli(`ec2 get-console-output --latest --instance-id ${parameters.instanceId}`, parameters)
      }`,
      HIBERNATION,
    ],
    fixIds: ["reboot_instance"],
  });
}

function noSessionChannel(record: ManagedNode, parameters: CheckParameters): Finding {
  return critical(
    "AGENT_NO_SESSION_CHANNEL",
    "the agent is registered and pings, but has no session channel (ssmmessages)",
    {
      remediation: [
        findCause(parameters),
        "The instance's role must allow ssmmessages:CreateControlChannel, CreateDataChannel, " +
        "OpenControlChannel and OpenDataChannel",
        "A role that allows ssm:UpdateInstanceInformation and not those switches default host " +
        `management off: ${itemCommand("host_management", parameters)}`,
        `The agent must be ${MINIMUM_AGENT.sessionManager} or newer`,
      ],
      evidence: nodeEvidence(record, pingAgeMs(record, parameters)),
    },
  );
}

function connectionLost(record: ManagedNode, parameters: CheckParameters): Finding {
  const ageMs = pingAgeMs(record, parameters);
  const deprecated = record.pingStatus === "inactive"
    ? "; Inactive is a deprecated value, taken for ConnectionLost"
    : "";
  return critical(
    "AGENT_CONNECTION_LOST",
    `the agent was connected and is lost (${pingWord(record)}${lastPing(ageMs)})${deprecated}`,
    {
      remediation: [
        findCause(parameters),
        HIBERNATION,
      ],
      evidence: nodeEvidence(record, ageMs),
      fixIds: ["reboot_instance"],
    },
  );
}

function versionFindings(record: ManagedNode, parameters: CheckParameters): Finding[] {
  const { agentVersion, isLatestVersion, platformType } = record;
  if (isAtLeast(agentVersion, MINIMUM_AGENT.sessionManager) === false) {
    return [
      critical(
        "AGENT_TOO_OLD",
        `agent ${agentVersion} is too old: Session Manager needs ${MINIMUM_AGENT.sessionManager}`,
        {
          remediation: [
            fixCommand("update_agent", parameters),
            `Or ${
              awsCli(
                "ssm send-command --document-name AWS-UpdateSSMAgent " +
                  `--instance-ids ${parameters.instanceId}`,
                parameters,
              )
            }`,
          ],
          evidence: { agent_version: agentVersion, minimum: MINIMUM_AGENT.sessionManager },
          fixIds: ["update_agent"],
        },
      ),
    ];
  }
  // On Windows the flag means nothing. Source: the API reference of DescribeInstanceInformation.
  if (isLatestVersion === false && platformType === "Linux") {
    return [
      info("AGENT_OUTDATED", `agent ${agentVersion} is not the latest one`, {
        remediation: [fixCommand("update_agent", parameters)],
        evidence: { agent_version: agentVersion },
      }),
    ];
  }
  return [];
}

/** Systems Manager's own word for a status that the facts hold in lower case. */
function pingWord({ pingStatus }: ManagedNode): string {
  const words = new Map([
    ["online", "Online"],
    ["connectionlost", "ConnectionLost"],
    ["inactive", "Inactive"],
  ]);
  return words.get(pingStatus) ?? pingStatus;
}

function pingAgeMs({ lastPingAtMs }: ManagedNode, { nowMs }: CheckParameters): number | undefined {
  return lastPingAtMs === undefined ? undefined : nowMs - lastPingAtMs;
}

function lastPing(ageMs: number | undefined): string {
  return ageMs === undefined ? "" : `, last ping ${describeDuration(ageMs)} ago`;
}

function nodeEvidence(record: ManagedNode, ageMs: number | undefined) {
  return {
    ping_status: pingWord(record),
    ping_age_s: ageMs === undefined ? null : Math.round(ageMs / 1000),
    agent_version: record.agentVersion,
  };
}
