/**
 * The calls of EC2 that facts are read with. Heavy: imported by the first of them.
 *
 * @module
 */

import {
  DescribeDhcpOptionsCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcsCommand,
  EC2Client,
  GetManagedPrefixListEntriesCommand,
} from "@aws-sdk/client-ec2";

export { EC2Client as Client };

export const COMMANDS = {
  DescribeDhcpOptions: DescribeDhcpOptionsCommand,
  DescribeEgressOnlyInternetGateways: DescribeEgressOnlyInternetGatewaysCommand,
  DescribeIamInstanceProfileAssociations: DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstances: DescribeInstancesCommand,
  DescribeInstanceStatus: DescribeInstanceStatusCommand,
  DescribeInternetGateways: DescribeInternetGatewaysCommand,
  DescribeNatGateways: DescribeNatGatewaysCommand,
  DescribeNetworkAcls: DescribeNetworkAclsCommand,
  DescribeNetworkInterfaces: DescribeNetworkInterfacesCommand,
  DescribeRegions: DescribeRegionsCommand,
  DescribeRouteTables: DescribeRouteTablesCommand,
  DescribeSecurityGroups: DescribeSecurityGroupsCommand,
  DescribeSubnets: DescribeSubnetsCommand,
  DescribeVpcAttribute: DescribeVpcAttributeCommand,
  DescribeVpcEndpoints: DescribeVpcEndpointsCommand,
  DescribeVpcEndpointServices: DescribeVpcEndpointServicesCommand,
  DescribeVpcs: DescribeVpcsCommand,
  GetManagedPrefixListEntries: GetManagedPrefixListEntriesCommand,
};
