/**
 * What a network ACL lets through: rules by ascending number, the first that matches decides, and
 * what matches none is refused. Stateless: each direction is asked for itself.
 *
 * Source: Amazon VPC User Guide, "Network ACL rules".
 *
 * @module
 */

import type { NetworkAcl, NetworkAclEntry } from "../facts/network.ts";
import { type Block, containsBlock, parseBlock } from "./addresses.ts";
import { isTcp, portSpan } from "./ports.ts";
import { containsSpan, type Coverage, coverageOf, cutSpan, type Span } from "./spans.ts";

/** TCP packets: from or to which addresses, to which ports. */
export interface Packets {
  direction: NetworkAclEntry["direction"];
  /** The other side. */
  peers: readonly Block[];
  /** The destination's. */
  ports: Span;
}

interface Rule {
  allows: boolean;
  peers: Block;
  ports: Span;
}

/** How much of the packets pass. */
export function aclCoverage(acl: NetworkAcl, { direction, peers, ports }: Packets): Coverage {
  const rules = acl.entries
    .filter((entry) => entry.direction === direction && isTcp(entry.protocol))
    .toSorted((a, b) => a.ruleNumber - b.ruleNumber)
    .map(ruleOf)
    .filter((rule) => rule !== undefined);
  const portPieces = cutSpan(ports, rules.map((rule) => rule.ports));
  return coverageOf(peers.flatMap((whole) => {
    const cutters = rules.map((rule) => rule.peers).filter(({ family }) => family === whole.family);
    return cutSpan(whole, cutters).flatMap((piece) =>
      portPieces.map((port) => allows(rules, { family: whole.family, ...piece }, port))
    );
  }));
}

/** The lowest number of a rule that denies; undefined when none does. For advice on numbering. */
export function firstDenyNumber(
  acl: NetworkAcl,
  direction: NetworkAclEntry["direction"],
): number | undefined {
  const numbers = acl.entries
    .filter((entry) => entry.direction === direction && entry.action === "deny")
    .map((entry) => entry.ruleNumber);
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}

function allows(rules: readonly Rule[], peer: Block, port: Span): boolean {
  const first = rules.find((rule) =>
    containsBlock(rule.peers, peer) && containsSpan(rule.ports, port)
  );
  return first?.allows ?? false;
}

function ruleOf(entry: NetworkAclEntry): Rule | undefined {
  const peers = parseBlock(entry.cidr ?? entry.ipv6Cidr ?? "");
  if (peers === undefined) return undefined;
  const ports = portSpan(entry.protocol === "-1" ? undefined : entry.ports);
  return { allows: entry.action === "allow", peers, ports };
}
