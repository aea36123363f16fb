/**
 * `wait_running`: until the instance runs and its status checks are through.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";

const EVERY_MS = 5_000;

interface StatusAnswer {
  InstanceStatuses?: {
    InstanceState?: { Name?: string };
    InstanceStatus?: { Status?: string };
    SystemStatus?: { Status?: string };
  }[];
}

export const waitRunning: FixDefinition = {
  id: "wait_running",
  title: "wait until the instance runs",
  class: "safe",
  unsafeBecause: [],
  scope: "instance",
  permissions: ["ec2:DescribeInstances", "ec2:DescribeInstanceStatus"],
  facts: ["instance", "instanceStatus"],
  verify: ["instance_state"],
  verifyTimeoutMs: 300_000,
  plan({ facts, parameters }) {
    const { instanceId } = parameters;
    const state = valueOf(facts.get("instance"))?.state;
    return Promise.resolve({
      steps: [{
        service: "ec2",
        action: "DescribeInstanceStatus",
        params: { InstanceIds: [instanceId], IncludeAllInstances: true },
        poll: { everyMs: EVERY_MS, judge: (answer) => judge(answer as StatusAnswer) },
      }],
      preconditions: [
        precondition(
          "the instance is pending or running",
          state === undefined ? undefined : state === "pending" || state === "running",
        ),
      ],
    });
  },
};

function judge({ InstanceStatuses }: StatusAnswer): "done" | "wait" | { failed: string } {
  const [status] = InstanceStatuses ?? [];
  const state = status?.InstanceState?.Name;
  if (state !== undefined && state !== "pending" && state !== "running") {
    return { failed: `the instance is ${state}` };
  }
  const words = [status?.InstanceStatus?.Status, status?.SystemStatus?.Status];
  if (words.includes("impaired")) return { failed: "a status check failed" };
  return state === "running" && words.every((word) => word === "ok") ? "done" : "wait";
}
