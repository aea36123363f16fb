/**
 * `instance_state`: does the instance exist here, does it run, and what do EC2's status checks say.
 *
 * Status checks are secondary: many who may start sessions may not read them.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import type { Facts } from "../facts/facts.ts";
import { valueOf } from "../facts/fact.ts";
import type { Ec2Instance, InstanceStatus } from "../facts/instance.ts";
import { critical, ok, skipped, unknown, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, describeMoment, fixCommand, fullCommand } from "../remedies.ts";

/** The state, and the status checks. */
const PLANNED = 2;

export const instanceState = defineCheck({
  id: "instance_state",
  title: "Instance state",
  category: "instance",
  isSeedItem: true,
  primaryQuestion: "does the instance exist here and is it running",
  facts: ["instance", "instanceStatus", "identity", "otherRegions"],
  requires: { aws: true, instance: "none", ec2: false },
  actions: ["ec2:DescribeInstances", "ec2:DescribeInstanceStatus"],
  run(facts, parameters): CheckOutcome {
    const { instanceId, isHybrid } = parameters;
    const resources = [{ type: "instance", id: instanceId }];
    if (isHybrid) {
      const message = `${instanceId} is a hybrid node: EC2 checks do not apply`;
      return {
        findings: [skipped("INSTANCE_HYBRID", "not_applicable", message, { resources })],
        planned: 1,
      };
    }
    const instance = facts.get("instance");
    if (instance.state !== "known") {
      const message = `the state of ${instanceId} could not be read`;
      return {
        findings: [unknownBecause("INSTANCE_NOT_VISIBLE", instance, message, { resources })],
        planned: PLANNED,
      };
    }
    if (instance.value === undefined) {
      const accountId = valueOf(facts.get("identity"))?.accountId;
      const elsewhere = valueOf(facts.get("otherRegions")) ?? [];
      return { findings: [notFound(parameters, accountId, elsewhere)], planned: PLANNED };
    }
    const findings = instance.value.state === "running"
      ? runningFindings(instance.value, facts.get("instanceStatus"), parameters)
      : [notRunning(instance.value, parameters)];
    return {
      findings: findings.map((finding) => ({ ...finding, resources })),
      planned: PLANNED,
    };
  },
});

function notFound(
  parameters: CheckParameters,
  accountId: string | undefined,
  elsewhere: readonly string[],
): Finding {
  const { instanceId, region, searchRegions } = parameters;
  const account = accountId === undefined ? "this account" : `account ${accountId}`;
  const found = elsewhere.length === 0 ? "" : `; it is in ${elsewhere.join(", ")}`;
  const message = `${instanceId} not found in ${region}, ${account}${found}`;
  const remediation = elsewhere.length > 0 ? [`Choose the Region: --region ${elsewhere[0]}`] : [
    "Check the id, --region and --profile: an instance is seen in its own Region and account only",
    ...(searchRegions
      ? []
      : [`Look in all enabled Regions: ${fullCommand(parameters)} --search-regions`]),
  ];
  return critical("INSTANCE_NOT_FOUND", message, {
    remediation,
    resources: [{ type: "instance", id: instanceId }],
    evidence: { region, account_id: accountId ?? null, other_regions: [...elsewhere] },
    follows: elsewhere.length === 0 ? [] : [`region_match.REGION_INSTANCE_ELSEWHERE#${region}`],
  });
}

function notRunning(instance: Ec2Instance, parameters: CheckParameters): Finding {
  const { instanceId, state, stateTransitionReason: reason, tags } = instance;
  const evidence = { state, state_transition_reason: reason };
  const why = reason === "" ? "" : ` (${reason})`;
  switch (state) {
    case "pending":
      return warning("INSTANCE_PENDING", "medium", `${instanceId} is starting`, {
        remediation: [
          `Wait until it runs: ${fixCommand("wait_running", parameters, "auto")}`,
        ],
        evidence,
        fixIds: ["wait_running"],
      });
    case "stopped":
      return critical("INSTANCE_STOPPED", `${instanceId} is stopped${why}`, {
        remediation: [
          fixCommand("start_instance", parameters),
          `Or ${awsCli(`ec2 start-instances --instance-ids ${instanceId}`, parameters)}`,
          "A running instance costs money; its public address changes unless it is an elastic one",
          ...("aws:autoscaling:groupName" in tags
            ? ["It belongs to an Auto Scaling group, which may replace it"]
            : []),
        ],
        evidence,
        fixIds: ["start_instance"],
      });
    case "stopping":
      return critical("INSTANCE_STOPPING", `${instanceId} is stopping${why}`, {
        remediation: [
          `Wait until it is stopped: ${
            awsCli(`ec2 wait instance-stopped --instance-ids ${instanceId}`, parameters)
          }`,
          `Then start it: ${fixCommand("start_instance", parameters)}`,
        ],
        evidence,
      });
    case "shutting-down":
    case "terminated":
      return critical(
        "INSTANCE_TERMINATED",
        `${instanceId} is terminated and cannot be recovered${why}`,
        {
          remediation: [
            `Choose another instance: ${
              awsCli(
                "ec2 describe-instances --filters Name=instance-state-name,Values=running",
                parameters,
              )
            }`,
          ],
          evidence,
        },
      );
    case "running":
      return runningFinding(instance, "");
    default:
      state satisfies never;
      return unknown(
        "INSTANCE_NOT_VISIBLE",
        "service_error",
        `EC2 calls the state of ${instanceId} ${JSON.stringify(state)}, which has no meaning here`,
        { evidence },
      );
  }
}

function runningFinding(
  { instanceId, instanceType, availabilityZone }: Ec2Instance,
  suffix: string,
): Finding {
  return ok(
    "INSTANCE_RUNNING",
    `${instanceId} is running (${instanceType}, ${availabilityZone})${suffix}`,
    { evidence: { state: "running", instance_type: instanceType } },
  );
}

function runningFindings(
  instance: Ec2Instance,
  fact: Facts["instanceStatus"],
  parameters: CheckParameters,
): Finding[] {
  if (fact.state !== "known") {
    const message = "running, but its status checks could not be read";
    return [
      runningFinding(instance, ""),
      unknownBecause("STATUS_NOT_VISIBLE", fact, message, { primary: false }),
    ];
  }
  if (fact.value === undefined) {
    // Eventual consistency: just started, and the status is not there yet.
    const message = "running, but EC2 has no status checks of it yet";
    return [
      runningFinding(instance, ""),
      unknown("STATUS_NOT_VISIBLE", "not_found", message, { primary: false }),
    ];
  }
  const bad = statusFindings(fact.value, parameters);
  return bad.length > 0 ? bad : [runningFinding(instance, ", status checks passed")];
}

function statusFindings(status: InstanceStatus, parameters: CheckParameters): Finding[] {
  const { instanceId } = parameters;
  const summaries = {
    system: status.system.status,
    instance: status.instance.status,
    ebs: status.ebs?.status ?? "not-applicable",
  };
  const evidence = { ...summaries };
  const findings: Finding[] = [];
  if (summaries.system === "impaired") {
    findings.push(
      critical(
        "SYSTEM_STATUS_IMPAIRED",
        `AWS's host under ${instanceId} has a problem${since(status.system)}`,
        {
          remediation: [
            "Stop and start it, which moves an EBS-backed instance to another host (downtime): " +
            awsCli(`ec2 stop-instances --instance-ids ${instanceId}`, parameters),
            `Then ${awsCli(`ec2 start-instances --instance-ids ${instanceId}`, parameters)}`,
          ],
          evidence,
        },
      ),
    );
  }
  if (summaries.instance === "impaired") {
    findings.push(
      critical(
        "INSTANCE_STATUS_IMPAIRED",
        `the instance status check of ${instanceId} failed${since(status.instance)}`,
        {
          remediation: [
            `Read what it printed while starting: ${
              awsCli(`ec2 get-console-output --latest --instance-id ${instanceId}`, parameters)
            }`,
            `Reboot it (downtime): ${fixCommand("reboot_instance", parameters)}`,
          ],
          evidence,
          fixIds: ["reboot_instance"],
        },
      ),
    );
  }
  if (summaries.ebs === "impaired") {
    findings.push(
      warning(
        "EBS_STATUS_IMPAIRED",
        "high",
        `a volume of ${instanceId} cannot complete its I/O${since(status.ebs)}`,
        {
          remediation: [
            `See which: ${
              awsCli(
                "ec2 describe-volume-status --filters Name=volume-status.status,Values=impaired",
                parameters,
              )
            }`,
            "Detach that volume, or reboot the instance",
          ],
          evidence,
        },
      ),
    );
  }
  const isInitializing = Object.values(summaries).some((summary) =>
    summary === "initializing" || summary === "insufficient-data"
  );
  if (isInitializing) {
    findings.push(
      warning(
        "INSTANCE_INITIALIZING",
        "medium",
        `${instanceId} is running; its status checks are still initializing`,
        {
          remediation: [
            `Wait 2 to 5 minutes: ${fixCommand("wait_running", parameters, "auto")}`,
          ],
          evidence,
          fixIds: ["wait_running"],
        },
      ),
    );
  }
  return findings;
}

function since(part: { impairedSinceMs: number | undefined } | undefined): string {
  const sinceMs = part?.impairedSinceMs;
  return sinceMs === undefined ? "" : ` since ${describeMoment(sinceMs)}`;
}
