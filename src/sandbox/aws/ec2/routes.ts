/**
 * Route tables and the gateways that routes lead to.
 *
 * @module
 */
import { parseBlock } from "../../cloud/cidr.ts";
import { ACCOUNT_ID } from "../../cloud/ids.ts";
import type {
  EgressOnlyGateway,
  InternetGateway,
  NatGateway,
  Route,
  RouteTable,
} from "../../cloud/network.ts";
import { ApiError } from "../api_error.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { describe, type Kind, notFound } from "./describe.ts";
import { present } from "./filters.ts";
import { type Ec2Operation, type Ec2Request, existing, tagSet, TRUE } from "./request.ts";

const TABLE_NOT_FOUND = { code: "InvalidRouteTableID.NotFound", noun: "routeTable ID" };
const GATEWAY_NOT_FOUND = {
  code: "InvalidInternetGatewayID.NotFound",
  noun: "internetGateway ID",
};

const ROUTE_TABLES: Kind<RouteTable> = {
  set: "routeTableSet",
  idParameter: "RouteTableId",
  id: ({ routeTableId }) => routeTableId,
  notFound: notFound(TABLE_NOT_FOUND.code, TABLE_NOT_FOUND.noun),
  pageSize: { min: 5, max: 100 },
  tags: ({ tags }) => tags,
  filters: {
    "route-table-id": ({ routeTableId }) => [routeTableId],
    "vpc-id": ({ vpcId }) => [vpcId],
    // Only explicit associations: a subnet on the main table is not found by its id.
    "association.subnet-id": ({ subnetIds }) => subnetIds,
    "association.route-table-id": ({ routeTableId }) => [routeTableId],
    "association.main": ({ isMain }) => [String(isMain)],
    "route.destination-cidr-block": ({ routes }) => routes.map(({ destination }) => destination),
    "route.gateway-id": ({ routes }) => routes.map(({ target }) => target),
    "route.nat-gateway-id": ({ routes }) => routes.map(({ target }) => target),
  },
  toXml: routeTableXml,
};

function routeTableXml(table: RouteTable, { region }: Ec2Request): XmlMembers {
  const association = (id: string, fields: XmlMembers): XmlMembers => ({
    routeTableAssociationId: `rtbassoc-0${id.slice(-16)}`,
    routeTableId: table.routeTableId,
    ...fields,
    associationState: { state: "associated" },
  });
  return {
    routeTableId: table.routeTableId,
    vpcId: table.vpcId,
    ownerId: ACCOUNT_ID,
    routeSet: new XmlList(
      table.routes.map((route) => ({
        ...destinationXml(route.destination),
        ...targetXml(route.target),
        origin: route.target === "local" ? "CreateRouteTable" : "CreateRoute",
        state: region.isLive(route, table.vpcId) ? "active" : "blackhole",
      })),
    ),
    associationSet: new XmlList([
      ...(table.isMain ? [association(table.routeTableId, { main: true })] : []),
      ...table.subnetIds.map((subnetId) => association(subnetId, { subnetId, main: false })),
    ]),
    propagatingVgwSet: new XmlList([]),
    tagSet: new XmlList(tagSet(table.tags)),
  };
}

function destinationXml(destination: string): XmlMembers {
  if (destination.startsWith("pl-")) return { destinationPrefixListId: destination };
  return destination.includes(":")
    ? { destinationIpv6CidrBlock: destination }
    : { destinationCidrBlock: destination };
}

/** Members of a route for each kind of target; any other id is a gateway's. */
const TARGET_MEMBERS: Readonly<Record<string, string>> = {
  nat: "natGatewayId",
  eigw: "egressOnlyInternetGatewayId",
  tgw: "transitGatewayId",
  pcx: "vpcPeeringConnectionId",
  eni: "networkInterfaceId",
  i: "instanceId",
  lgw: "localGatewayId",
  cagw: "carrierGatewayId",
};

function targetXml(target: string): XmlMembers {
  const kind = target.split("-")[0]!;
  return { [TARGET_MEMBERS[kind] ?? "gatewayId"]: target };
}

const INTERNET_GATEWAYS: Kind<InternetGateway> = {
  set: "internetGatewaySet",
  idParameter: "InternetGatewayId",
  id: ({ internetGatewayId }) => internetGatewayId,
  notFound: notFound(GATEWAY_NOT_FOUND.code, GATEWAY_NOT_FOUND.noun),
  tags: ({ tags }) => tags,
  filters: {
    "internet-gateway-id": ({ internetGatewayId }) => [internetGatewayId],
    "attachment.vpc-id": ({ vpcId }) => present(vpcId),
    "attachment.state": ({ vpcId }) => vpcId === undefined ? [] : ["available"],
  },
  toXml: (gateway) => ({
    internetGatewayId: gateway.internetGatewayId,
    ownerId: ACCOUNT_ID,
    attachmentSet: new XmlList(
      present(gateway.vpcId).map((vpcId) => ({ vpcId, state: "available" })),
    ),
    tagSet: new XmlList(tagSet(gateway.tags)),
  }),
};

const EGRESS_ONLY_GATEWAYS: Kind<EgressOnlyGateway> = {
  set: "egressOnlyInternetGatewaySet",
  idParameter: "EgressOnlyInternetGatewayId",
  id: (gateway) => gateway.egressOnlyInternetGatewayId,
  notFound: notFound("InvalidGatewayID.NotFound", "gateway ID"),
  pageSize: { min: 5, max: 255 },
  tags: ({ tags }) => tags,
  filters: {},
  toXml: (gateway) => ({
    egressOnlyInternetGatewayId: gateway.egressOnlyInternetGatewayId,
    attachmentSet: new XmlList([{ vpcId: gateway.vpcId, state: "attached" }]),
    tagSet: new XmlList(tagSet(gateway.tags)),
  }),
};

const NAT_GATEWAYS: Kind<NatGateway> = {
  set: "natGatewaySet",
  idParameter: "NatGatewayId",
  id: ({ natGatewayId }) => natGatewayId,
  notFound: { code: "NatGatewayNotFound", message: (id) => `NatGateway ${id} was not found` },
  tags: ({ tags }) => tags,
  filters: {
    "nat-gateway-id": ({ natGatewayId }) => [natGatewayId],
    "vpc-id": ({ vpcId }) => [vpcId],
    "subnet-id": ({ subnetId }) => [subnetId],
    "state": ({ state }) => [state],
  },
  toXml: (nat, { cloud }) => ({
    natGatewayId: nat.natGatewayId,
    vpcId: nat.vpcId,
    subnetId: nat.subnetId,
    state: nat.state,
    connectivityType: nat.connectivity,
    availabilityMode: "zonal",
    createTime: new Date(cloud.createdAtMs).toISOString(),
    natGatewayAddressSet: new XmlList([{
      privateIp: nat.privateIp,
      publicIp: present(nat.publicIp)[0],
      networkInterfaceId: nat.natGatewayId.replace(/^nat-/, "eni-"),
      isPrimary: true,
      status: nat.state === "available" ? "succeeded" : "disassociating",
    }]),
    tagSet: new XmlList(tagSet(nat.tags)),
  }),
};

// --- Changes ---

/** The parameters that name a target; one of them is given. */
const TARGET_PARAMETERS = [
  "GatewayId",
  "NatGatewayId",
  "EgressOnlyInternetGatewayId",
  "TransitGatewayId",
  "VpcPeeringConnectionId",
  "NetworkInterfaceId",
  "InstanceId",
  "VpcEndpointId",
];
const DESTINATION_PARAMETERS = [
  "DestinationCidrBlock",
  "DestinationIpv6CidrBlock",
  "DestinationPrefixListId",
];

function routeOf({ parameters, region }: Ec2Request) {
  const table = existing(
    region.routeTables,
    parameters.require("RouteTableId"),
    TABLE_NOT_FOUND,
  );
  const destination = DESTINATION_PARAMETERS.map((name) => parameters.get(name)).find(Boolean);
  if (destination === undefined) {
    throw new ApiError("MissingParameter", "The request must contain a destination");
  }
  if (!destination.startsWith("pl-") && parseBlock(destination) === undefined) {
    throw new ApiError(
      "InvalidParameterValue",
      `Value (${destination}) for parameter destinationCidrBlock is invalid.`,
    );
  }
  return { table, destination, old: table.routes.find((each) => each.destination === destination) };
}

function targetOf({ parameters, region }: Ec2Request, table: RouteTable): string {
  const target = TARGET_PARAMETERS.map((name) => parameters.get(name)).find(Boolean);
  if (target === undefined) {
    throw new ApiError("MissingParameter", "The request must contain a target of the route");
  }
  if (!region.isLive({ destination: "", target }, table.vpcId)) {
    throw new ApiError("InvalidParameterValue", `route target '${target}' is not there to be used`);
  }
  return target;
}

function createRoute(request: Ec2Request): XmlMembers {
  const { table, destination, old } = routeOf(request);
  if (old !== undefined) {
    throw new ApiError(
      "RouteAlreadyExists",
      `The route identified by ${destination} already exists.`,
    );
  }
  table.routes.push({ destination, target: targetOf(request, table) });
  return TRUE;
}

function replaceRoute(request: Ec2Request): XmlMembers {
  const { table, old } = routeOf(request);
  if (old === undefined || old.target === "local") throw noRoute(request, old);
  old.target = targetOf(request, table);
  return TRUE;
}

function deleteRoute(request: Ec2Request): XmlMembers {
  const { table, old } = routeOf(request);
  if (old === undefined || old.target === "local") throw noRoute(request, old);
  table.routes = table.routes.filter((each) => each !== old);
  return TRUE;
}

function noRoute({ parameters }: Ec2Request, route: Route | undefined): ApiError {
  const table = parameters.get("RouteTableId");
  return route === undefined
    ? new ApiError("InvalidRoute.NotFound", `no such route in route table ${table}`)
    : new ApiError("InvalidParameterValue", `cannot change the local route of ${table}`);
}

function attachInternetGateway({ parameters, region }: Ec2Request): XmlMembers {
  const gateway = existing(
    region.internetGateways,
    parameters.require("InternetGatewayId"),
    GATEWAY_NOT_FOUND,
  );
  const vpcId = parameters.require("VpcId");
  existing(region.vpcs, vpcId, { code: "InvalidVpcID.NotFound", noun: "vpc ID" });
  if (gateway.vpcId !== undefined) {
    throw new ApiError(
      "Resource.AlreadyAssociated",
      `resource ${gateway.internetGatewayId} is already attached to network ${gateway.vpcId}`,
    );
  }
  gateway.vpcId = vpcId;
  return TRUE;
}

export const ROUTE_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeRouteTables: (request) =>
    describe(ROUTE_TABLES, request.region.routeTables.values(), request),
  DescribeInternetGateways: (request) =>
    describe(INTERNET_GATEWAYS, request.region.internetGateways.values(), request),
  DescribeEgressOnlyInternetGateways: (request) =>
    describe(EGRESS_ONLY_GATEWAYS, request.region.egressOnlyGateways.values(), request),
  DescribeNatGateways: (request) =>
    describe(NAT_GATEWAYS, request.region.natGateways.values(), request),
  CreateRoute: createRoute,
  ReplaceRoute: replaceRoute,
  DeleteRoute: deleteRoute,
  AttachInternetGateway: attachInternetGateway,
};
