/**
 * Addresses and blocks of addresses, both families.
 *
 * @module
 */

/** A block: the family's bits, the first address, and how many leading bits count. */
export interface Block {
  bits: 32 | 128;
  first: bigint;
  prefix: number;
}

/** An address or `address/prefix`; `undefined` for anything else. */
export function parseBlock(text: string): Block | undefined {
  const [address = "", length, ...rest] = text.split("/");
  if (rest.length > 0) return undefined;
  const bits = address.includes(":") ? 128 : 32;
  const value = bits === 32 ? parseIpv4(address) : parseIpv6(address);
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  if (value === undefined || !(prefix <= bits)) return undefined;
  const hostBits = BigInt(bits - prefix);
  return { bits, prefix, first: (value >> hostBits) << hostBits };
}

/** Whether all of `inner` is in `outer`; never across families. */
export function containsBlock(outer: string, inner: string): boolean {
  const [a, b] = [parseBlock(outer), parseBlock(inner)];
  if (a === undefined || b === undefined || a.bits !== b.bits || a.prefix > b.prefix) return false;
  const hostBits = BigInt(a.bits - a.prefix);
  return b.first >> hostBits === a.first >> hostBits;
}

/** The `index`th address of an IPv4 block, counting from its first. */
export function addressAt(cidr: string, index: number): string {
  const block = parseBlock(cidr);
  if (block?.bits !== 32) throw new TypeError(`"${cidr}" is not an IPv4 block`);
  const value = Number(block.first) + index;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256n + BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = 8 - groups.flat().length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = halves.length === 2
    ? [...groups[0]!, ...Array<string>(missing).fill("0"), ...groups[1]!]
    : groups[0]!;
  let value = 0n;
  for (const group of all) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    value = value * 65536n + BigInt(`0x${group}`);
  }
  return value;
}
