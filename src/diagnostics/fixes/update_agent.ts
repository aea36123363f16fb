/**
 * `update_agent`: the newest agent, installed by Run Command. The agent restarts.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";

const EVERY_MS = 5_000;

interface CommandAnswer {
  Command?: { CommandId?: string };
}

export const updateAgent: FixDefinition = {
  id: "update_agent",
  title: "update the agent",
  class: "unsafe",
  unsafeBecause: ["downtime", "irreversible"],
  scope: "instance",
  permissions: ["ssm:SendCommand", "ssm:GetCommandInvocation"],
  facts: ["node", "sessions"],
  verify: ["agent_features", "ssm_agent"],
  verifyTimeoutMs: 300_000,
  plan({ facts, parameters }) {
    const { instanceId } = parameters;
    const node = facts.get("node");
    const ping = node.state === "known" ? node.value?.pingStatus === "online" : undefined;
    const open = valueOf(facts.get("sessions"))?.length;
    return Promise.resolve({
      steps: [
        {
          service: "ssm",
          action: "SendCommand",
          params: { DocumentName: "AWS-UpdateSSMAgent", InstanceIds: [instanceId] },
        },
        {
          service: "ssm",
          action: "GetCommandInvocation",
          params: { CommandId: "<from step 1>", InstanceId: instanceId },
          resolve: ([sent]) => ({
            CommandId: (sent as CommandAnswer | undefined)?.Command?.CommandId ?? "",
            InstanceId: instanceId,
          }),
          poll: { everyMs: EVERY_MS, judge: ({ Status }) => judge(String(Status)) },
        },
      ],
      preconditions: [
        precondition("the agent pings (Online)", ping),
        // Whoever agrees to the fix agrees to this: it is no reason to refuse.
        precondition(
          open === undefined || open === 0
            ? "no session is open"
            : `${open} open sessions may drop`,
          open === 0 ? true : undefined,
        ),
      ],
      blastRadius: { instances: 1, sessions: open ?? null },
    });
  },
};

/** Source: API reference of GetCommandInvocation, `Status`. */
function judge(status: string): "done" | "wait" | { failed: string } {
  if (status === "Success") return "done";
  if (["Pending", "InProgress", "Delayed"].includes(status)) return "wait";
  return { failed: `the command ended as ${status}` };
}
