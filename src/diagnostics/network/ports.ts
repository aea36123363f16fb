/**
 * Ports, and protocols that have them.
 *
 * @module
 */

import type { Span } from "./spans.ts";

/** As in the facts; -1 stands for all. */
export interface PortRange {
  from: number;
  to: number;
}

/** Where every service of AWS listens. */
export const HTTPS: Span = { first: 443n, last: 443n };

/** Where answers may arrive. Source: AWS, "Ephemeral ports" of network ACLs: 1024-65535 covers every client. */
export const EPHEMERAL: Span = { first: 1024n, last: 65535n };

/** Where Linux lets connections begin (`net.ipv4.ip_local_port_range`). */
export const LINUX_EPHEMERAL: Span = { first: 32768n, last: 60999n };

const ALL: Span = { first: 0n, last: 65535n };

/** The ports of a rule; undefined in the facts means all. Never throws: odd numbers are no ports. */
export function portSpan(range: PortRange | undefined): Span {
  if (range === undefined || range.from === -1 || range.to === -1) return ALL;
  const isPort = (port: number) => Number.isInteger(port) && port >= 0 && port <= 65535;
  if (!isPort(range.from) || !isPort(range.to)) return { first: 1n, last: 0n };
  return { first: BigInt(range.from), last: BigInt(range.to) };
}

/** Whether a rule is about TCP: its name, its IANA number, or all protocols. */
export function isTcp(protocol: string): boolean {
  return /^(?:-1|6|tcp)$/i.test(protocol);
}
