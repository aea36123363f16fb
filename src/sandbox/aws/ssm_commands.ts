/**
 * Run Command, for the one document whose effect can be emulated: the agent's update of itself.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Fleet } from "../fleet.ts";
import type { CommandInvocation } from "../cloud/region.ts";
import { NEWEST_AGENT_VERSION } from "../scenarios/seeder.ts";
import { ApiError } from "./api_error.ts";
import type { JsonRequest } from "./json_request.ts";

const UPDATE_AGENT = "AWS-UpdateSSMAgent";
const INSTANCE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;

interface CommandCall {
  request: JsonRequest;
  fleet: Fleet;
  region: string;
  nowMs: number;
}

export function sendCommand({ request, fleet, region, nowMs }: CommandCall) {
  const documentName = request.requireString("DocumentName");
  if (documentName !== UPDATE_AGENT) {
    throw new ApiError(
      "InvalidDocument",
      `Document with name ${documentName} does not exist here: the agents of this sandbox run ` +
        `${UPDATE_AGENT} alone`,
    );
  }
  const ids = request.strings("InstanceIds");
  const cloud = fleet.cloud.region(region);
  const instances = ids.map((id) => cloud.instances.get(id));
  const isOnline = instances.every((instance) =>
    instance !== undefined && fleet.cloud.agentState(instance).pings
  );
  if (ids.length === 0 || !isOnline) {
    throw new ApiError(
      "InvalidInstanceId",
      `Instances [[${ids.join(", ")}]] not in a valid state for account 123456789012`,
    );
  }
  const commandId = randomUUID();
  for (const instance of instances) {
    const old = instance!.agent.version;
    instance!.agent.version = NEWEST_AGENT_VERSION;
    cloud.commands.push({
      commandId,
      instanceId: instance!.instanceId,
      documentName,
      requestedAtMs: nowMs,
      output: old === NEWEST_AGENT_VERSION
        ? `amazon-ssm-agent ${old} has already been installed\n`
        : `Updated amazon-ssm-agent from ${old} to ${NEWEST_AGENT_VERSION}\n`,
    });
  }
  return {
    Command: {
      CommandId: commandId,
      DocumentName: documentName,
      DocumentVersion: "$DEFAULT",
      Comment: request.string("Comment") ?? "",
      ExpiresAfter: nowMs / 1000 + 7200,
      Parameters: {},
      InstanceIds: ids,
      Targets: [],
      RequestedDateTime: nowMs / 1000,
      // It is done when it is asked about; like the service, this answer does not know that yet.
      Status: "Pending",
      StatusDetails: "Pending",
      MaxConcurrency: "50",
      MaxErrors: "0",
      TargetCount: ids.length,
      CompletedCount: 0,
      ErrorCount: 0,
      DeliveryTimedOutCount: 0,
    },
  };
}

export function getCommandInvocation({ request, fleet, region }: CommandCall) {
  const commandId = request.requireString("CommandId");
  const instanceId = request.requireString("InstanceId");
  if (!INSTANCE_ID.test(instanceId)) {
    throw new ApiError("InvalidInstanceId", `Invalid instance id: ${instanceId}`);
  }
  const found = fleet.cloud.region(region).commands.find((each) =>
    each.commandId === commandId && each.instanceId === instanceId
  );
  if (found === undefined) {
    throw new ApiError("InvocationDoesNotExist", "");
  }
  return invocation(found);
}

function invocation(found: CommandInvocation): Record<string, unknown> {
  const at = new Date(found.requestedAtMs).toISOString();
  return {
    CommandId: found.commandId,
    InstanceId: found.instanceId,
    Comment: "",
    DocumentName: found.documentName,
    DocumentVersion: "$DEFAULT",
    PluginName: "aws:updateSsmAgent",
    ResponseCode: 0,
    ExecutionStartDateTime: at,
    ExecutionElapsedTime: "PT0.1S",
    ExecutionEndDateTime: at,
    Status: "Success",
    StatusDetails: "Success",
    StandardOutputContent: found.output,
    StandardOutputUrl: "",
    StandardErrorContent: "",
    StandardErrorUrl: "",
  };
}
