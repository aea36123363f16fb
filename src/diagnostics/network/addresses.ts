/**
 * IP addresses and blocks as spans, each in its family: `::/0` says nothing about IPv4.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { containsSpan, type Span, subtractSpans } from "./spans.ts";

export type Family = 4 | 6;

/** A block of addresses; one address is a block of one. */
export interface Block extends Span {
  family: Family;
}

/**
 * An address or a block in CIDR notation.
 *
 * @returns undefined when it is neither: such a rule permits nothing that we know of.
 */
export function parseBlock(text: string): Block | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const parsed = parseAddress(address);
  if (parsed === undefined || rest.length > 0) return undefined;
  const bytes = parsed.toByteArray();
  const bits = bytes.length * 8;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return undefined;
  const value = bytes.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
  const hostBits = BigInt(bits - prefix);
  const first = value >> hostBits << hostBits;
  return { family: bits === 32 ? 4 : 6, first, last: first + (1n << hostBits) - 1n };
}

/** The blocks among some texts, without those that are none. */
export function parseBlocks(texts: readonly string[]): Block[] {
  return texts.map(parseBlock).filter((block) => block !== undefined);
}

export function containsBlock(outer: Block, inner: Block): boolean {
  return outer.family === inner.family && containsSpan(outer, inner);
}

/** Every address of the family. */
export const EVERYWHERE: Readonly<Record<Family, Block>> = {
  4: { family: 4, first: 0n, last: (1n << 32n) - 1n },
  6: { family: 6, first: 0n, last: (1n << 128n) - 1n },
};

/**
 * IPv4 blocks that no service on the internet is in.
 *
 * Source: the IANA IPv4 Special-Purpose Address Registry, and multicast.
 */
const NOT_PUBLIC = parseBlocks([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
]);

/** Addresses on the internet. IPv6: what IANA has opened for global unicast, `2000::/3`. */
export const INTERNET: Readonly<Record<Family, readonly Block[]>> = {
  4: subtractSpans(EVERYWHERE[4], NOT_PUBLIC).map((span) => ({ family: 4, ...span })),
  6: parseBlocks(["2000::/3"]),
};

/** Private, shared or link-local, of either family; not loopback. False for what is no address. */
export function isPrivateAddress(text: string): boolean {
  const range = parseAddress(text)?.range();
  return range === "private" || range === "carrierGradeNat" || range === "linkLocal" ||
    range === "uniqueLocal";
}

/** False for a name, too: what it resolves to is not asked. */
export function isLoopbackAddress(text: string): boolean {
  return parseAddress(text)?.range() === "loopback";
}

/** Only the usual notation: `10.1` and `010.0.0.1` are nothing that AWS writes. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) && !text.includes("%") ? ipaddr.IPv6.parse(text) : undefined;
}
