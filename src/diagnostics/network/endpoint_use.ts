/**
 * Whether a VPC endpoint takes the traffic of its service: type, state, private DNS, interfaces.
 *
 * With private DNS an endpoint captures the name of its service for the whole VPC; a working way to
 * the internet is not taken then. Hence: endpoint first, internet second.
 *
 * @module
 */

import type { Denied, Fact, Failed } from "../facts/fact.ts";
import type { VpcDns, VpcEndpoint } from "../facts/network.ts";

export type EndpointUse =
  | { state: "usable" }
  | {
    state: "unusable";
    why: "type" | "gone" | "state" | "private_dns_off" | "no_interface" | "vpc_dns_off";
  }
  /** All that is known of it would do, but the VPC's DNS attributes are not known. */
  | { state: "unseen"; because: Denied | Failed };

/** Listed, but as good as absent. */
const GONE = ["deleting", "deleted"];

export function useOf(endpoint: VpcEndpoint, dns: Fact<VpcDns>): EndpointUse {
  if (endpoint.type.toLowerCase() !== "interface") return { state: "unusable", why: "type" };
  const state = endpoint.state.toLowerCase();
  if (GONE.includes(state)) return { state: "unusable", why: "gone" };
  if (state !== "available") return { state: "unusable", why: "state" };
  if (!endpoint.privateDnsEnabled) return { state: "unusable", why: "private_dns_off" };
  if (endpoint.interfaceIds.length === 0) return { state: "unusable", why: "no_interface" };
  if (dns.state !== "known") return { state: "unseen", because: dns };
  const { enableDnsSupport, enableDnsHostnames } = dns.value;
  return enableDnsSupport && enableDnsHostnames
    ? { state: "usable" }
    : { state: "unusable", why: "vpc_dns_off" };
}

/** What a service's endpoints come to together, the best one first. */
export type ServiceEndpoint =
  | { state: "usable"; endpoint: VpcEndpoint }
  | { state: "unseen"; endpoint: VpcEndpoint; because: Denied | Failed }
  | {
    state: "unusable";
    endpoint: VpcEndpoint;
    why: Exclude<Extract<EndpointUse, { why: unknown }>["why"], "type" | "gone">;
  }
  | { state: "missing" };

/** @param endpoints Those of one service. */
export function bestEndpoint(
  endpoints: readonly VpcEndpoint[],
  dns: Fact<VpcDns>,
): ServiceEndpoint {
  let best: ServiceEndpoint = { state: "missing" };
  for (const endpoint of endpoints) {
    const use = useOf(endpoint, dns);
    if (use.state === "usable") return { state: "usable", endpoint };
    if (use.state === "unseen") best = { ...use, endpoint };
    else if (use.why !== "type" && use.why !== "gone" && best.state === "missing") {
      best = { state: "unusable", why: use.why, endpoint };
    }
  }
  return best;
}
