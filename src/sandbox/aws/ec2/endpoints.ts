/**
 * VPC endpoints and the services that they can lead to.
 *
 * @module
 */
import { OPEN_POLICY, placeInterfaces, removeEndpoint } from "../../cloud/endpoint_changes.ts";
import {
  type EndpointService,
  endpointServices,
  privateName,
} from "../../cloud/endpoint_services.ts";
import { ACCOUNT_ID, newId } from "../../cloud/ids.ts";
import type { VpcEndpoint } from "../../cloud/network.ts";
import type { RegionCloud } from "../../cloud/region.ts";
import { ApiError } from "../api_error.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { describe, type Kind, notFound } from "./describe.ts";
import { groupSet } from "./instance_model.ts";
import { zoneId } from "./networks.ts";
import {
  type Ec2Operation,
  type Ec2Request,
  existing,
  readBoolean,
  tagSet,
  tagsFor,
  TRUE,
} from "./request.ts";

const NOT_FOUND = { code: "InvalidVpcEndpointId.NotFound", noun: "Vpc Endpoint Id" };

const ENDPOINTS: Kind<VpcEndpoint> = {
  set: "vpcEndpointSet",
  idParameter: "VpcEndpointId",
  id: ({ vpcEndpointId }) => vpcEndpointId,
  notFound: notFound(NOT_FOUND.code, NOT_FOUND.noun),
  pageSize: { min: 1, max: 1000 },
  tags: ({ tags }) => tags,
  filters: {
    "vpc-endpoint-id": ({ vpcEndpointId }) => [vpcEndpointId],
    "vpc-id": ({ vpcId }) => [vpcId],
    "service-name": ({ serviceName }) => [serviceName],
    "vpc-endpoint-state": ({ state }) => [state],
    "vpc-endpoint-type": ({ type }) => [type],
  },
  toXml: endpointXml,
};

function endpointXml(endpoint: VpcEndpoint, request: Ec2Request): XmlMembers {
  const isInterface = endpoint.type === "Interface";
  return {
    vpcEndpointId: endpoint.vpcEndpointId,
    vpcEndpointType: endpoint.type,
    vpcId: endpoint.vpcId,
    serviceName: endpoint.serviceName,
    state: endpoint.state,
    policyDocument: endpoint.policy,
    routeTableIdSet: new XmlList(endpoint.routeTableIds),
    subnetIdSet: new XmlList(endpoint.subnetIds),
    groupSet: groupSet(endpoint.groupIds, request),
    ipAddressType: "ipv4",
    privateDnsEnabled: endpoint.privateDns,
    requesterManaged: false,
    networkInterfaceIdSet: new XmlList(endpoint.interfaceIds),
    dnsEntrySet: new XmlList(
      isInterface && endpoint.interfaceIds.length > 0
        ? [
          { dnsName: ownName(endpoint), hostedZoneId: "Z7HUB22UULQXV" },
          ...(endpoint.privateDns
            ? [{
              dnsName: privateName(endpoint.serviceName),
              hostedZoneId: "Z0A5B0C000000000000001",
            }]
            : []),
        ]
        : [],
    ),
    creationTimestamp: new Date(endpoint.createdAtMs).toISOString(),
    tagSet: new XmlList(tagSet(endpoint.tags)),
    ownerId: ACCOUNT_ID,
    lastError: endpoint.state === "failed"
      ? { code: "InternalError", message: "The endpoint could not be created" }
      : undefined,
    serviceRegion: request.region.name,
  };
}

/** The name that leads to the endpoint whatever its private DNS. */
function ownName(endpoint: VpcEndpoint): string {
  const [, , region = "", service = ""] = endpoint.serviceName.split(".");
  return `${endpoint.vpcEndpointId}-0a5b0c01.${service}.${region}.vpce.amazonaws.com`;
}

const SERVICES: Kind<EndpointService> = {
  set: "serviceDetailSet",
  idParameter: "ServiceName",
  id: ({ name }) => name,
  notFound: {
    code: "InvalidServiceName",
    message: (name) => `The Vpc Endpoint Service '${name}' does not exist`,
  },
  pageSize: { min: 1, max: 1000 },
  filters: {
    "service-name": ({ name }) => [name],
    "service-type": ({ type }) => [type],
    "owner": () => ["amazon"],
  },
  toXml: (service, { region }) => {
    const zones = ["a", "b", "c"].map((letter) => region.name + letter);
    const isInterface = service.type === "Interface";
    return {
      serviceName: service.name,
      serviceId: `vpce-svc-0${checksum(service.name + service.type)}`,
      serviceType: new XmlList([{ serviceType: service.type }]),
      serviceRegion: region.name,
      availabilityZoneIdSet: new XmlList(zones.map(zoneId)),
      availabilityZoneSet: new XmlList(zones),
      owner: "amazon",
      baseEndpointDnsNameSet: new XmlList([
        `${service.name.split(".").at(-1)}.${region.name}.vpce.amazonaws.com`,
      ]),
      privateDnsName: isInterface ? privateName(service.name) : undefined,
      privateDnsNameSet: isInterface
        ? new XmlList([{ privateDnsName: privateName(service.name) }])
        : undefined,
      vpcEndpointPolicySupported: true,
      acceptanceRequired: false,
      managesVpcEndpoints: false,
      tagSet: new XmlList([]),
      privateDnsNameVerificationState: isInterface ? "verified" : undefined,
      supportedIpAddressTypeSet: new XmlList(["ipv4"]),
    };
  },
};

/** Sixteen hexadecimal digits that are always the same for the same text. */
function checksum(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

function describeServices(request: Ec2Request): XmlMembers {
  const services = endpointServices(request.region.name);
  const answer = describe(SERVICES, services, request);
  const details = (answer["serviceDetailSet"] as XmlList).elements as { serviceName: string }[];
  const names = [...new Set(details.map(({ serviceName }) => serviceName))];
  return { serviceNameSet: new XmlList(names), ...answer };
}

// --- Changes ---

function create(request: Ec2Request): XmlMembers {
  const { parameters, region, nowMs } = request;
  const clientToken = parameters.get("ClientToken");
  const earlier = clientToken === undefined
    ? undefined
    : [...region.endpoints.values()].find((each) => each.clientToken === clientToken);
  if (earlier !== undefined) {
    return { vpcEndpoint: endpointXml(earlier, request), clientToken };
  }
  const vpcId = parameters.require("VpcId");
  existing(region.vpcs, vpcId, { code: "InvalidVpcId.NotFound", noun: "Vpc Id" });
  const type = parameters.oneOf("VpcEndpointType", ["Interface", "Gateway"]) ?? "Gateway";
  const serviceName = parameters.require("ServiceName");
  const isService = endpointServices(region.name).some((service) =>
    service.name === serviceName && service.type === type
  );
  if (!isService) {
    throw new ApiError(
      "InvalidServiceName",
      `The Vpc Endpoint Service '${serviceName}' does not exist`,
    );
  }
  const isInterface = type === "Interface";
  const groupIds = parameters.list("SecurityGroupId");
  const endpoint: VpcEndpoint = {
    vpcEndpointId: newId("vpce"),
    vpcId,
    serviceName,
    type,
    createdAtMs: nowMs,
    clientToken,
    state: "available",
    policy: parameters.get("PolicyDocument") ?? OPEN_POLICY,
    // The API's default for the endpoints of AWS's own services.
    privateDns: isInterface && (readBoolean(parameters, "PrivateDnsEnabled") ?? true),
    subnetIds: parameters.list("SubnetId"),
    groupIds: !isInterface || groupIds.length > 0 ? groupIds : defaultGroup(region, vpcId),
    routeTableIds: parameters.list("RouteTableId"),
    interfaceIds: [],
    tags: tagsFor(parameters, "vpc-endpoint"),
  };
  check(region, endpoint);
  region.endpoints.set(endpoint.vpcEndpointId, endpoint);
  if (isInterface) placeInterfaces(region, endpoint);
  return { vpcEndpoint: endpointXml(endpoint, request), clientToken };
}

function defaultGroup(region: RegionCloud, vpcId: string): string[] {
  return [...region.securityGroups.values()]
    .filter((group) => group.vpcId === vpcId && group.name === "default")
    .map(({ groupId }) => groupId);
}

/** What an endpoint must be, new or changed. */
function check(region: RegionCloud, endpoint: VpcEndpoint): void {
  for (const subnetId of endpoint.subnetIds) {
    const subnet = existing(region.subnets, subnetId, {
      code: "InvalidSubnetId.NotFound",
      noun: "subnet ID",
    });
    if (subnet.vpcId !== endpoint.vpcId) {
      throw new ApiError("InvalidParameter", `${subnetId} is not in ${endpoint.vpcId}`);
    }
  }
  const zones = endpoint.subnetIds.map((id) => region.subnets.get(id)!.zone);
  if (new Set(zones).size < zones.length) {
    throw new ApiError("DuplicateSubnetsInSameZone", "Found another subnet in the same zone");
  }
  for (const groupId of endpoint.groupIds) {
    existing(region.securityGroups, groupId, {
      code: "InvalidSecurityGroupId.NotFound",
      noun: "security group ID",
    });
  }
  if (endpoint.privateDns) checkPrivateDns(region, endpoint);
}

function checkPrivateDns(region: RegionCloud, endpoint: VpcEndpoint): void {
  const vpc = region.vpcs.get(endpoint.vpcId)!;
  if (!vpc.dnsSupport || !vpc.dnsHostnames) {
    throw new ApiError(
      "InvalidParameter",
      "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes " +
        `set to true for ${vpc.vpcId}`,
    );
  }
  const conflict = [...region.endpoints.values()].find((each) =>
    each.vpcEndpointId !== endpoint.vpcEndpointId && each.vpcId === endpoint.vpcId &&
    each.serviceName === endpoint.serviceName && each.privateDns
  );
  if (conflict === undefined) return;
  throw new ApiError(
    "InvalidParameter",
    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for " +
      `${privateName(endpoint.serviceName)} in the VPC ${vpc.vpcId}`,
  );
}

function modify({ parameters, region }: Ec2Request): XmlMembers {
  const id = parameters.require("VpcEndpointId");
  const endpoint = existing(region.endpoints, id, NOT_FOUND);
  const changed = (old: readonly string[], what: string): string[] => {
    const removed = parameters.list(`Remove${what}`);
    return [...new Set([...old, ...parameters.list(`Add${what}`)])]
      .filter((each) => !removed.includes(each));
  };
  const privateDns = readBoolean(parameters, "PrivateDnsEnabled");
  if (privateDns !== undefined && endpoint.type !== "Interface") {
    throw new ApiError("InvalidParameter", "PrivateDnsEnabled is for interface endpoints");
  }
  const isReset = readBoolean(parameters, "ResetPolicy") ?? false;
  const next: VpcEndpoint = {
    ...endpoint,
    privateDns: privateDns ?? endpoint.privateDns,
    policy: isReset ? OPEN_POLICY : parameters.get("PolicyDocument") ?? endpoint.policy,
    subnetIds: changed(endpoint.subnetIds, "SubnetId"),
    groupIds: changed(endpoint.groupIds, "SecurityGroupId"),
    routeTableIds: changed(endpoint.routeTableIds, "RouteTableId"),
  };
  check(region, next);
  region.endpoints.set(id, next);
  if (next.type === "Interface") placeInterfaces(region, next);
  return TRUE;
}

function remove({ parameters, region }: Ec2Request): XmlMembers {
  const ids = parameters.list("VpcEndpointId");
  const unknown: XmlMembers[] = [];
  for (const id of ids) {
    const endpoint = region.endpoints.get(id);
    if (endpoint !== undefined) {
      removeEndpoint(region, endpoint);
      continue;
    }
    const message = `The Vpc Endpoint Id '${id}' does not exist`;
    unknown.push({ resourceId: id, error: { code: NOT_FOUND.code, message } });
  }
  return { unsuccessful: new XmlList(unknown) };
}

export const ENDPOINT_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeVpcEndpoints: (request) =>
    describe(ENDPOINTS, request.region.endpoints.values(), request),
  DescribeVpcEndpointServices: describeServices,
  CreateVpcEndpoint: create,
  ModifyVpcEndpoint: modify,
  DeleteVpcEndpoints: remove,
};
