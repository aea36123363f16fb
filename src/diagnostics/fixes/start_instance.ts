/**
 * `start_instance`: what is stopped runs again, and costs money again.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";

export const startInstance: FixDefinition = {
  id: "start_instance",
  title: "start the instance",
  class: "unsafe",
  unsafeBecause: ["cost"],
  scope: "instance",
  permissions: ["ec2:StartInstances"],
  facts: ["instance"],
  verify: ["instance_state", "ssm_agent"],
  verifyTimeoutMs: 300_000,
  plan({ facts, parameters }) {
    const { instanceId } = parameters;
    const instance = valueOf(facts.get("instance"));
    const state = instance?.state;
    const group = instance?.tags["aws:autoscaling:groupName"];
    const call = (action: string) => ({
      service: "ec2" as const,
      action,
      params: { InstanceIds: [instanceId] },
    });
    return Promise.resolve({
      steps: [{ ...call("StartInstances"), rollback: () => call("StopInstances") }],
      // An emulator starts what is terminated; AWS never brings that back.
      preconditions: [
        precondition(
          "the instance is stopped",
          state === undefined ? undefined : state === "stopped",
        ),
      ],
      blastRadius: {
        instances: 1,
        warnings: [
          "its public address changes, unless it is an elastic one",
          ...(group === undefined ? [] : [`Auto Scaling group ${group} may replace it`]),
        ],
      },
    });
  },
};
