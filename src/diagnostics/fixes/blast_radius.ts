/**
 * Who else would feel a change.
 *
 * @module
 */

import type { FixParams, Look } from "./contracts.ts";

/** Instances in the VPC; null when they may not be listed. */
export async function countInstances(look: Look, vpcId: string): Promise<FixParams> {
  const found = await look("ec2", "DescribeInstances", {
    Filters: [{ Name: "vpc-id", Values: [vpcId] }],
  });
  if (found.state !== "known") return { instances: null };
  const reservations = found.value.Reservations ?? [];
  const instances = reservations.flatMap(({ Instances }) => Instances ?? []);
  return { instances: instances.length };
}

/** Network interfaces that a security group is on; null when they may not be listed. */
export async function groupUsers(
  look: Look,
  groupId: string,
  own: readonly string[],
): Promise<FixParams> {
  const found = await look("ec2", "DescribeNetworkInterfaces", {
    Filters: [{ Name: "group-id", Values: [groupId] }],
  });
  if (found.state !== "known") return { group_id: groupId, enis: null, other_enis: [] };
  const ids = (found.value.NetworkInterfaces ?? []).flatMap(({ NetworkInterfaceId }) =>
    NetworkInterfaceId ?? []
  );
  return {
    group_id: groupId,
    enis: ids.length,
    other_enis: ids.filter((id) => !own.includes(id)),
  };
}
