/**
 * Whether network ACLs let the instance's HTTPS out to a service and the answers back.
 *
 * Traffic inside a subnet is not filtered. Between subnets four lists of rules decide: out and back at
 * either side.
 *
 * @module
 */

import type { NetworkAcl } from "../facts/network.ts";
import { aclCoverage, type Packets } from "./acl_rules.ts";
import { type Block, INTERNET } from "./addresses.ts";
import { EPHEMERAL, HTTPS, LINUX_EPHEMERAL } from "./ports.ts";
import type { Coverage } from "./spans.ts";
import { anywhere, type Network, type ServiceTarget, sourcesOf } from "./targets.ts";

/** One side's rules for one service. */
export interface AclVerdict {
  target: ServiceTarget;
  subnetId: string;
  side: "instance" | "endpoint";
  /** Undefined: EC2 shows no ACL of the subnet. */
  acl: NetworkAcl | undefined;
  /** TCP 443 towards the service. */
  request: Coverage;
  /** Answers, to any of the ephemeral ports. */
  answers: Coverage;
  /** Answers to the ports that Linux uses. */
  linuxAnswers: Coverage;
}

/** Nothing for a target inside the instance's own subnet. */
export function judgeAcls(
  target: ServiceTarget,
  network: Network,
  acls: readonly NetworkAcl[],
): AclVerdict[] {
  const ownSubnet = network.instance.subnetId;
  const at = (side: AclVerdict["side"], subnetId: string, peers: readonly Block[]): AclVerdict => {
    const acl = acls.find(({ subnetIds }) => subnetIds.includes(subnetId));
    const [outgoing, incoming] = side === "instance"
      ? ["egress", "ingress"] as const
      : ["ingress", "egress"] as const;
    const cover = (direction: Packets["direction"], ports: Packets["ports"]) =>
      acl === undefined ? "none" : aclCoverage(acl, { direction, peers, ports });
    return {
      target,
      subnetId,
      side,
      acl,
      request: cover(outgoing, HTTPS),
      answers: cover(incoming, EPHEMERAL),
      linuxAnswers: cover(incoming, LINUX_EPHEMERAL),
    };
  };
  switch (target.kind) {
    case "endpoint": {
      const far = target.addresses.filter(({ subnetId }) => subnetId !== ownSubnet);
      if (far.length === 0) return [];
      const sources = sourcesOf(network);
      if (sources.length === 0) return [];
      const subnetIds = [...new Set(far.map(({ subnetId }) => subnetId))];
      return [
        at("instance", ownSubnet, far.map(({ block }) => block)),
        ...subnetIds.map((subnetId) => at("endpoint", subnetId, sources)),
      ];
    }
    case "internet":
      return [at("instance", ownSubnet, INTERNET[network.family])];
    case "elsewhere":
    case "nowhere":
      return [at("instance", ownSubnet, anywhere(network))];
    case "unseen":
      return [];
    default:
      return target satisfies never;
  }
}
