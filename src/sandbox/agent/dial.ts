/**
 * How the agent reaches targets. Nothing but loopback is ever connected to, whatever a client asks.
 *
 * Source: agent port.go validateParameters, DialCall; appconfig constants.go
 * DefaultDeniedPortForwardingRemoteIPs; protocol text §7.4.
 *
 * @module
 */
import { messageOf } from "../../errors/mod.ts";

/** Without a host the agent dials `localhost`, either address family. */
const LOCALHOST: readonly string[] = ["127.0.0.1", "::1"];

/** Instance metadata, VPC DNS, time sync and licence activation: never forwarded to. */
const FORBIDDEN_ADDRESSES: readonly string[] = [
  "169.254.169.254",
  "169.254.169.253",
  "169.254.169.123",
  "169.254.169.250",
  "169.254.169.251",
  "fd00:ec2::254",
  "fd00:ec2::253",
  "fd00:ec2::123",
  "fd00:ec2::240",
];

/** Addresses to try in order. Empty: the name did not resolve, and every connection fails. */
export interface Reachable {
  addresses: readonly string[];
  /** As it was asked for, for messages. */
  name: string;
}

export type Route = Reachable | { forbidden: string };

/**
 * Where connections of a session lead, decided once at its start.
 *
 * @param host The document's `host`; empty for the instance itself.
 * @param options.hosts Names and private addresses of the emulated network.
 */
export function routeTo(
  host: string,
  options: { hosts: ReadonlyMap<string, string>; vpcCidr: string },
): Route {
  if (host === "" || host === "localhost") return { addresses: LOCALHOST, name: "localhost" };
  const address = host.toLowerCase();
  if (FORBIDDEN_ADDRESSES.includes(address) || isReserved(address, options.vpcCidr)) {
    return { forbidden: host };
  }
  if (isLoopback(address)) return { addresses: [address], name: host };
  const mapped = options.hosts.get(address);
  return { addresses: mapped === undefined ? [] : [mapped], name: host };
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
}

/** The first four addresses and the last of the VPC belong to AWS. */
function isReserved(address: string, cidr: string): boolean {
  const value = ipv4(address);
  const [base, bits] = cidr.split("/");
  const start = ipv4(base!);
  if (value === undefined || start === undefined) return false;
  const end = start + 2 ** (32 - Number(bits)) - 1;
  return (value >= start && value < start + 4) || value === end;
}

function ipv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  return match.slice(1).reduce((value, part) => value * 256 + Number(part), 0);
}

/**
 * Connects to the first address that accepts.
 *
 * @throws {Error} With the first address's failure, in the words of a dialling program.
 */
export async function dial(route: Reachable, port: number): Promise<Deno.TcpConn> {
  let failure: Error | undefined;
  for (const hostname of route.addresses) {
    try {
      const conn = await Deno.connect({ hostname, port });
      conn.setNoDelay(true);
      return conn;
    } catch (error) {
      failure ??= new Error(`dial tcp ${hostname}:${port}: ${describe(error)}`);
    }
  }
  throw failure ?? new Error(`dial tcp: lookup ${route.name}: no such host`);
}

function describe(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "connect: connection refused";
  return messageOf(error);
}
