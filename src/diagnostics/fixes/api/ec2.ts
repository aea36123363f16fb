/**
 * The calls of EC2 that fixes make. Heavy: imported by the first of them.
 *
 * @module
 */

import {
  AssociateIamInstanceProfileCommand,
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeInstanceStatusCommand,
  DisassociateIamInstanceProfileCommand,
  EC2Client,
  ModifyInstanceMetadataOptionsCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  RebootInstancesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";

export { EC2Client as Client };

export const COMMANDS = {
  AssociateIamInstanceProfile: AssociateIamInstanceProfileCommand,
  AuthorizeSecurityGroupEgress: AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngress: AuthorizeSecurityGroupIngressCommand,
  CreateVpcEndpoint: CreateVpcEndpointCommand,
  DeleteVpcEndpoints: DeleteVpcEndpointsCommand,
  DescribeInstanceStatus: DescribeInstanceStatusCommand,
  DisassociateIamInstanceProfile: DisassociateIamInstanceProfileCommand,
  ModifyInstanceMetadataOptions: ModifyInstanceMetadataOptionsCommand,
  ModifyVpcAttribute: ModifyVpcAttributeCommand,
  ModifyVpcEndpoint: ModifyVpcEndpointCommand,
  RebootInstances: RebootInstancesCommand,
  RevokeSecurityGroupEgress: RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngress: RevokeSecurityGroupIngressCommand,
  StartInstances: StartInstancesCommand,
  StopInstances: StopInstancesCommand,
};
