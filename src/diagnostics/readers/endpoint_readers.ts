/**
 * Security groups and VPC endpoints (F16-F18).
 *
 * @module
 */

import type { IpPermission, VpcEndpoint as SdkEndpoint } from "@aws-sdk/client-ec2";
import { FactFailure } from "../api/fact_failure.ts";
import type {
  EndpointInterface,
  PrefixList,
  SecurityGroup,
  SecurityGroupRule,
  VpcEndpoint,
} from "../facts/network.ts";
import { instanceIn, listed } from "./ec2_lists.ts";
import { allPages, next, type ReadContext, type Readers } from "./reader.ts";

type EndpointFacts =
  | "securityGroups"
  | "prefixLists"
  | "vpcEndpoints"
  | "endpointInterfaces"
  | "endpointServices";

export const endpointReaders: Pick<Readers, EndpointFacts> = {
  securityGroups: readGroups,
  prefixLists: readPrefixLists,
  vpcEndpoints: readEndpoints,
  endpointInterfaces: readEndpointInterfaces,
  endpointServices: readEndpointServices,
};

async function readGroups(context: ReadContext): Promise<SecurityGroup[]> {
  const action = "ec2:DescribeSecurityGroups";
  const instance = await instanceIn(context, action);
  const endpoints = await context.fact("vpcEndpoints");
  const wanted = new Set(instance.interfaces.flatMap(({ groupIds }) => groupIds));
  for (const { groupIds } of endpoints.state === "known" ? endpoints.value : []) {
    for (const id of groupIds) wanted.add(id);
  }
  if (wanted.size === 0) return [];
  const groups = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeSecurityGroups", {
      // A filter, not GroupIds: one that is not visible would fail the whole call.
      Filters: [{ Name: "group-id", Values: [...wanted].sort() }],
      ...next(token),
    });
    return { items: listed(answer.SecurityGroups, action), next: answer.NextToken };
  });
  return groups.map((group) => ({
    groupId: group.GroupId ?? "",
    name: group.GroupName ?? "",
    vpcId: group.VpcId ?? "",
    ingress: (group.IpPermissions ?? []).map(toRule),
    egress: (group.IpPermissionsEgress ?? []).map(toRule),
  }));
}

function toRule(rule: IpPermission): SecurityGroupRule {
  const { FromPort, ToPort } = rule;
  const hasPorts = FromPort !== undefined && ToPort !== undefined && FromPort >= 0;
  return {
    protocol: rule.IpProtocol ?? "-1",
    ports: hasPorts ? { from: FromPort, to: ToPort } : undefined,
    cidrs: (rule.IpRanges ?? []).flatMap(({ CidrIp }) => CidrIp ?? []),
    ipv6Cidrs: (rule.Ipv6Ranges ?? []).flatMap(({ CidrIpv6 }) => CidrIpv6 ?? []),
    groupIds: (rule.UserIdGroupPairs ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    prefixListIds: (rule.PrefixListIds ?? []).flatMap(({ PrefixListId }) => PrefixListId ?? []),
  };
}

async function readPrefixLists(context: ReadContext): Promise<PrefixList[]> {
  const groups = await context.value("securityGroups");
  const ids = new Set(
    groups.flatMap(({ ingress, egress }) => [...ingress, ...egress])
      .flatMap(({ prefixListIds }) => prefixListIds),
  );
  return await Promise.all(
    [...ids].sort().map(async (id): Promise<PrefixList> => {
      try {
        const entries = await allPages(async (token) => {
          const answer = await context.call("ec2", "GetManagedPrefixListEntries", {
            PrefixListId: id,
            ...next(token),
          });
          const items = listed(answer.Entries, "ec2:GetManagedPrefixListEntries");
          return { items, next: answer.NextToken };
        });
        return { prefixListId: id, cidrs: entries.flatMap(({ Cidr }) => Cidr ?? []) };
      } catch (error) {
        if (error instanceof FactFailure && error.isNotFound) {
          return { prefixListId: id, cidrs: [] };
        }
        throw error;
      }
    }),
  );
}

async function readEndpoints(context: ReadContext): Promise<VpcEndpoint[]> {
  const action = "ec2:DescribeVpcEndpoints";
  const { vpcId } = await instanceIn(context, action);
  const endpoints = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeVpcEndpoints", {
      Filters: [{ Name: "vpc-id", Values: [vpcId] }],
      ...next(token),
    });
    return { items: listed(answer.VpcEndpoints, action), next: answer.NextToken };
  });
  return endpoints.map(toEndpoint);
}

function toEndpoint(endpoint: SdkEndpoint): VpcEndpoint {
  const { LastError } = endpoint;
  return {
    endpointId: endpoint.VpcEndpointId ?? "",
    serviceName: endpoint.ServiceName ?? "",
    type: (endpoint.VpcEndpointType ?? "gateway").toLowerCase(),
    // The model writes "Available", the wire "available".
    state: (endpoint.State ?? "").toLowerCase(),
    privateDnsEnabled: endpoint.PrivateDnsEnabled ?? false,
    subnetIds: endpoint.SubnetIds ?? [],
    interfaceIds: endpoint.NetworkInterfaceIds ?? [],
    groupIds: (endpoint.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    routeTableIds: endpoint.RouteTableIds ?? [],
    policyText: endpoint.PolicyDocument || undefined,
    lastError: LastError?.Message ?? LastError?.Code,
  };
}

async function readEndpointInterfaces(context: ReadContext): Promise<EndpointInterface[]> {
  const action = "ec2:DescribeNetworkInterfaces";
  const endpoints = await context.value("vpcEndpoints");
  const ids = [...new Set(endpoints.flatMap(({ interfaceIds }) => interfaceIds))].sort();
  if (ids.length === 0) return [];
  const interfaces = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeNetworkInterfaces", {
      Filters: [{ Name: "network-interface-id", Values: ids }],
      ...next(token),
    });
    return { items: listed(answer.NetworkInterfaces, action), next: answer.NextToken };
  });
  return interfaces.map((interface_) => {
    const all = (interface_.PrivateIpAddresses ?? [])
      .flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []);
    const primary = interface_.PrivateIpAddress;
    return {
      interfaceId: interface_.NetworkInterfaceId ?? "",
      subnetId: interface_.SubnetId ?? "",
      availabilityZone: interface_.AvailabilityZone ?? "",
      privateIps: [...new Set(primary === undefined ? all : [primary, ...all])],
      groupIds: (interface_.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    };
  });
}

/** All of them: an unknown name among wanted ones would fail the call. */
async function readEndpointServices(context: ReadContext): Promise<string[]> {
  const action = "ec2:DescribeVpcEndpointServices";
  return await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeVpcEndpointServices", next(token), {
      isOptional: true,
    });
    return { items: listed(answer.ServiceNames, action), next: answer.NextToken };
  });
}
