/**
 * What Systems Manager says of agents, read from its answer.
 *
 * @module
 */

import type { DescribeInstanceInformationCommandOutput } from "@aws-sdk/client-ssm";
import { AppError } from "../errors/mod.ts";
import type { AgentPing } from "./instance_cache.ts";

/** One agent that has registered. */
export interface AgentReport {
  instanceId: string;
  ping: AgentPing;
}

/** Source: SSM API reference, InstanceInformation, PingStatus. */
const PINGS: Readonly<Record<string, AgentPing>> = {
  Online: "online",
  ConnectionLost: "connection-lost",
  Inactive: "inactive",
};

/** @throws {AppError} `protocol` when the answer has no list. */
export function agentReportsOf(
  { InstanceInformationList: list }: Pick<
    DescribeInstanceInformationCommandOutput,
    "InstanceInformationList"
  >,
): AgentReport[] {
  if (list === undefined) {
    throw new AppError("protocol", "Cannot look up agents: the answer is not Systems Manager's", {
      why: "It has no list of nodes, not even an empty one",
      hint: "Check --endpoint-url and AWS_ENDPOINT_URL, and any proxy",
    });
  }
  return list.flatMap(({ InstanceId, PingStatus }) =>
    InstanceId === undefined
      ? []
      : [{ instanceId: InstanceId, ping: PINGS[PingStatus ?? ""] ?? "unknown" }]
  );
}
