/**
 * `wait_agent`: until the agent is connected.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";

const EVERY_MS = 5_000;

export const waitAgent: FixDefinition = {
  id: "wait_agent",
  title: "wait until the agent is connected",
  class: "safe",
  unsafeBecause: [],
  scope: "instance",
  permissions: ["ssm:GetConnectionStatus"],
  facts: ["instance"],
  verify: ["ssm_agent"],
  verifyTimeoutMs: 600_000,
  plan({ facts, parameters }) {
    const state = valueOf(facts.get("instance"))?.state;
    return Promise.resolve({
      steps: [{
        service: "ssm",
        action: "GetConnectionStatus",
        params: { Target: parameters.instanceId },
        poll: {
          everyMs: EVERY_MS,
          judge: ({ Status }) => String(Status).toLowerCase() === "connected" ? "done" : "wait",
        },
      }],
      preconditions: [
        precondition("the instance runs", state === undefined ? undefined : state === "running"),
      ],
    });
  },
};
