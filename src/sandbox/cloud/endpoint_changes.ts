/**
 * Making and changing VPC endpoints: their interfaces come and go with their subnets.
 *
 * @module
 */
import { addressAt, containsBlock } from "./cidr.ts";
import { newId } from "./ids.ts";
import type { VpcEndpoint } from "./network.ts";
import type { RegionCloud } from "./region.ts";

/** What an endpoint has whose policy nobody wrote. */
export const OPEN_POLICY = JSON.stringify({
  Statement: [{ Action: "*", Effect: "Allow", Principal: "*", Resource: "*" }],
});

/** Gives an interface endpoint exactly one interface in each of its subnets. */
export function placeInterfaces(region: RegionCloud, endpoint: VpcEndpoint): void {
  const kept: string[] = [];
  for (const id of endpoint.interfaceIds) {
    const each = region.interfaces.get(id);
    if (each !== undefined && endpoint.subnetIds.includes(each.subnetId)) kept.push(id);
    else region.interfaces.delete(id);
  }
  for (const subnetId of endpoint.subnetIds) {
    if (kept.some((id) => region.interfaces.get(id)!.subnetId === subnetId)) continue;
    const networkInterfaceId = newId("eni");
    region.interfaces.set(networkInterfaceId, {
      networkInterfaceId,
      vpcId: endpoint.vpcId,
      subnetId,
      description: `VPC Endpoint Interface ${endpoint.vpcEndpointId}`,
      type: "vpc_endpoint",
      privateIp: freeAddress(region, subnetId),
      ipv6: undefined,
      groupIds: [],
      instanceId: undefined,
    });
    kept.push(networkInterfaceId);
  }
  endpoint.interfaceIds = kept;
  for (const id of kept) region.interfaces.get(id)!.groupIds = [...endpoint.groupIds];
}

export function removeEndpoint(region: RegionCloud, endpoint: VpcEndpoint): void {
  for (const id of endpoint.interfaceIds) region.interfaces.delete(id);
  region.endpoints.delete(endpoint.vpcEndpointId);
}

/** From the upper half of the subnet, where the seeded instances are not. */
function freeAddress(region: RegionCloud, subnetId: string): string {
  const { cidr } = region.subnets.get(subnetId)!;
  const taken = new Set([...region.interfaces.values()].map(({ privateIp }) => privateIp));
  for (let index = 128;; index++) {
    const address = addressAt(cidr, index);
    if (!containsBlock(cidr, address)) throw new RangeError(`${subnetId} has no free address`);
    if (!taken.has(address)) return address;
  }
}
