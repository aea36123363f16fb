/**
 * `reboot_instance`: for an operating system or an agent that hangs.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";

export const rebootInstance: FixDefinition = {
  id: "reboot_instance",
  title: "reboot the instance",
  class: "unsafe",
  unsafeBecause: ["downtime"],
  scope: "instance",
  permissions: ["ec2:RebootInstances"],
  facts: ["instance", "localSessions"],
  verify: ["instance_state", "ssm_agent"],
  verifyTimeoutMs: 300_000,
  plan({ facts, parameters }) {
    const { instanceId } = parameters;
    const state = valueOf(facts.get("instance"))?.state;
    const sessions = valueOf(facts.get("localSessions"));
    const own = sessions?.filter((session) => session.instanceId === instanceId);
    return Promise.resolve({
      steps: [{
        service: "ec2",
        action: "RebootInstances",
        params: { InstanceIds: [instanceId] },
      }],
      preconditions: [
        precondition("the instance runs", state === undefined ? undefined : state === "running"),
        precondition(
          "no session of yours is open",
          own === undefined ? undefined : own.length === 0,
        ),
      ],
      blastRadius: { instances: 1, warnings: ["everything on it is down for some minutes"] },
    });
  },
};
