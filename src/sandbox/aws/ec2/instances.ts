/**
 * Instances: what they are, how they are, and what can be done to them.
 *
 * @module
 */
import { type Instance, userInitiated } from "../../cloud/instance.ts";
import { ApiError } from "../api_error.ts";
import type { QueryParameters } from "../query_parameters.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { describe, type Kind } from "./describe.ts";
import { present } from "./filters.ts";
import {
  IMAGE_ID,
  INSTANCE_TYPE,
  metadataXml,
  reservationXml,
  spotRequestId,
  STATE_CODES,
  stateXml,
} from "./instance_model.ts";
import { type Ec2Operation, type Ec2Request, readBoolean, TRUE } from "./request.ts";

const INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;

/** Gone with the instance. */
const whileItLives = (read: (instance: Instance) => string) => (instance: Instance) =>
  instance.state === "terminated" ? [] : present(read(instance));

const INSTANCES: Kind<Instance> = {
  set: "reservationSet",
  idParameter: "InstanceId",
  id: (instance) => instance.instanceId,
  notFound: {
    code: "InvalidInstanceID.NotFound",
    message: (id) => `The instance ID '${id}' does not exist`,
  },
  tags: ({ tags }) => tags,
  filters: {
    "instance-id": (instance) => [instance.instanceId],
    "instance-state-name": (instance) => [instance.state],
    "instance-state-code": (instance) => [String(STATE_CODES[instance.state])],
    "private-ip-address": (instance) => present(instance.privateIp),
    "network-interface.addresses.private-ip-address": (instance) => present(instance.privateIp),
    "private-dns-name": (instance, { fleet }) => present(fleet.privateDnsName(instance)),
    "ip-address": (instance) => present(instance.publicIp),
    "platform": (instance) => instance.platform === "Windows" ? ["windows"] : [],
    "instance-type": () => [INSTANCE_TYPE],
    "image-id": () => [IMAGE_ID],
    "architecture": () => ["x86_64"],
    "instance-lifecycle": ({ isSpot }) => isSpot ? ["spot"] : [],
    "availability-zone": (instance) => [instance.zone],
    "vpc-id": whileItLives(({ vpcId }) => vpcId),
    "subnet-id": whileItLives(({ subnetId }) => subnetId),
    "instance.group-id": (instance, { region }) =>
      region.interfacesOf(instance).flatMap(({ groupIds }) => groupIds),
    "network-interface.group-id": (instance, { region }) =>
      region.interfacesOf(instance).flatMap(({ groupIds }) => groupIds),
    "iam-instance-profile.arn": (instance, { cloud, region }) =>
      present(
        cloud.iam.profiles.get(region.associationOf(instance.instanceId)?.profileName ?? "")?.arn,
      ),
  },
  toXml: reservationXml,
};

const STATUSES: Kind<Instance> = {
  ...INSTANCES,
  set: "instanceStatusSet",
  filters: {
    "instance-state-name": (instance) => [instance.state],
    "instance-state-code": (instance) => [String(STATE_CODES[instance.state])],
    "availability-zone": (instance) => [instance.zone],
    "system-status.status": ({ status }) => [status.system],
    "instance-status.status": ({ status }) => [status.instance],
    "event.code": ({ events }) => events.map(({ code }) => code),
  },
  toXml: statusXml,
};

const SPOT_REQUESTS: Kind<Instance> = {
  set: "spotInstanceRequestSet",
  idParameter: "SpotInstanceRequestId",
  id: spotRequestId,
  notFound: {
    code: "InvalidSpotInstanceRequestID.NotFound",
    message: (id) => `The spot instance request ID '${id}' does not exist`,
  },
  filters: {
    "instance-id": ({ instanceId }) => [instanceId],
    "spot-instance-request-id": (instance) => [spotRequestId(instance)],
    "state": () => ["active"],
    "status-code": () => ["fulfilled"],
  },
  toXml: (instance) => ({
    spotInstanceRequestId: spotRequestId(instance),
    instanceId: instance.instanceId,
    type: "one-time",
    state: "active",
    status: { code: "fulfilled", message: "Your spot request is fulfilled." },
    instanceInterruptionBehavior: "terminate",
    launchedAvailabilityZone: instance.zone,
    createTime: new Date(instance.launchedAtMs).toISOString(),
  }),
};

function describeInstances(request: Ec2Request): XmlMembers {
  checkIds(request);
  return describe(INSTANCES, request.region.instances.values(), request);
}

function describeInstanceStatus(request: Ec2Request): XmlMembers {
  checkIds(request);
  const all = readBoolean(request.parameters, "IncludeAllInstances") ?? false;
  // An id of an instance that does not run is known, and still not in the answer.
  const answer = describe(STATUSES, request.region.instances.values(), request);
  const { elements } = answer["instanceStatusSet"] as XmlList;
  const isRunning = (each: unknown) =>
    (each as { instanceState: { name: string } }).instanceState.name === "running";
  return { ...answer, instanceStatusSet: new XmlList(all ? elements : elements.filter(isRunning)) };
}

/** Ids must look like ids, exist, and come without a page size. */
function checkIds({ parameters, region }: Ec2Request): void {
  const ids = parameters.list("InstanceId");
  if (ids.length === 0) return;
  if (parameters.get("MaxResults") !== undefined) {
    throw new ApiError(
      "InvalidParameterCombination",
      "The parameter instancesSet cannot be used with the parameter maxResults",
    );
  }
  instancesOf(ids, region.instances);
}

function instancesOf(ids: readonly string[], known: ReadonlyMap<string, Instance>): Instance[] {
  const malformed = ids.find((id) => !INSTANCE_ID.test(id));
  if (malformed !== undefined) {
    throw new ApiError("InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  }
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    const [noun, verb] = unknown.length === 1 ? ["ID", "does"] : ["IDs", "do"];
    throw new ApiError(
      "InvalidInstanceID.NotFound",
      `The instance ${noun} '${unknown.join(", ")}' ${verb} not exist`,
    );
  }
  return ids.map((id) => known.get(id)!);
}

function statusXml(instance: Instance): XmlMembers {
  const { status, impairedSinceMs } = instance;
  const isRunning = instance.state === "running";
  const summary = (which: keyof Instance["status"]): XmlMembers => {
    if (!isRunning) return { status: "not-applicable" };
    const isImpaired = status[which] === "impaired";
    const detail = {
      name: "reachability",
      status: { ok: "passed", impaired: "failed" }[status[which] as string] ?? status[which],
      impairedSince: isImpaired && impairedSinceMs !== undefined
        ? new Date(impairedSinceMs).toISOString()
        : undefined,
    };
    return { status: status[which], details: new XmlList([detail]) };
  };
  return {
    instanceId: instance.instanceId,
    availabilityZone: instance.zone,
    eventsSet: instance.events.length === 0 ? undefined : new XmlList(
      instance.events.map((event) => ({
        instanceEventId: event.eventId,
        code: event.code,
        description: event.description,
        notBefore: new Date(event.notBeforeMs).toISOString(),
      })),
    ),
    instanceState: stateXml(instance.state),
    systemStatus: summary("system"),
    instanceStatus: summary("instance"),
    attachedEbsStatus: summary("ebs"),
  };
}

// --- Changes. Each is complete when it is answered: nothing stays pending here. ---

type Change = (instance: Instance, request: Ec2Request) => void;

function changeStates(request: Ec2Request, change: Change): XmlMembers {
  const instances = namedIn(request.parameters, request);
  const before = instances.map(({ state }) => state);
  for (const instance of instances) change(instance, request);
  return {
    instancesSet: new XmlList(instances.map((instance, i) => ({
      instanceId: instance.instanceId,
      currentState: stateXml(instance.state),
      previousState: stateXml(before[i]!),
    }))),
  };
}

function namedIn(parameters: QueryParameters, { region }: Ec2Request): Instance[] {
  const ids = parameters.list("InstanceId");
  if (ids.length === 0) parameters.require("InstanceId");
  return instancesOf(ids, region.instances);
}

const start: Change = (instance, { nowMs }) => {
  if (instance.state === "running" || instance.state === "pending") return;
  if (instance.state !== "stopped") throw incorrectState(instance, "started");
  instance.state = "running";
  instance.stateReason = "";
  instance.launchedAtMs = nowMs;
  instance.publicIp = instance.automaticPublicIp;
  bootUp(instance);
  // Another host: what was wrong with the old one is behind it.
  instance.status.system = "ok";
};

const stop: Change = (instance, { nowMs, onInstanceDown }) => {
  if (instance.state === "stopped" || instance.state === "stopping") return;
  if (instance.state !== "running") throw incorrectState(instance, "stopped");
  instance.state = "stopped";
  instance.stateReason = userInitiated(nowMs);
  instance.publicIp = undefined;
  onInstanceDown(instance.instanceId);
};

const terminate: Change = (instance, { region, nowMs, onInstanceDown }) => {
  if (instance.state === "terminated") return;
  instance.state = "terminated";
  instance.stateReason = userInitiated(nowMs);
  instance.privateIp = "";
  instance.publicIp = undefined;
  for (const { networkInterfaceId } of region.interfacesOf(instance)) {
    region.interfaces.delete(networkInterfaceId);
  }
  const association = region.associationOf(instance.instanceId);
  if (association !== undefined) region.associations.delete(association.associationId);
  onInstanceDown(instance.instanceId);
};

function reboot(request: Ec2Request): XmlMembers {
  for (const instance of namedIn(request.parameters, request)) {
    if (instance.state !== "running") throw incorrectState(instance, "rebooted");
    request.onInstanceDown(instance.instanceId);
    bootUp(instance);
  }
  return TRUE;
}

/** The system starts: the agent with it, and what hung hangs no more. */
function bootUp(instance: Instance): void {
  instance.agent.isRunning = true;
  instance.status.instance = "ok";
  if (instance.status.system === "ok" && instance.status.ebs === "ok") {
    instance.impairedSinceMs = undefined;
  }
}

function incorrectState(instance: Instance, done: string): ApiError {
  return new ApiError(
    "IncorrectInstanceState",
    `The instance '${instance.instanceId}' is not in a state from which it can be ${done}.`,
  );
}

function modifyMetadataOptions(request: Ec2Request): XmlMembers {
  const { parameters, region } = request;
  const [instance] = instancesOf([parameters.require("InstanceId")], region.instances);
  const endpoint = parameters.oneOf("HttpEndpoint", ["enabled", "disabled"]);
  const tokens = parameters.oneOf("HttpTokens", ["optional", "required"]);
  instance!.metadata = {
    endpoint: endpoint ?? instance!.metadata.endpoint,
    tokens: tokens ?? instance!.metadata.tokens,
  };
  return {
    instanceId: instance!.instanceId,
    instanceMetadataOptions: { ...metadataXml(instance!), state: "pending" },
  };
}

export const INSTANCE_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeSpotInstanceRequests: (request) =>
    describe(
      SPOT_REQUESTS,
      [...request.region.instances.values()].filter(({ isSpot, state }) =>
        isSpot && state !== "terminated"
      ),
      request,
    ),
  StartInstances: (request) => changeStates(request, start),
  StopInstances: (request) => changeStates(request, stop),
  TerminateInstances: (request) => changeStates(request, terminate),
  RebootInstances: reboot,
  ModifyInstanceMetadataOptions: modifyMetadataOptions,
};
