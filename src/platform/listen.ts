/**
 * Opening a local TCP port, with errors that say what to do.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { findPortOwner, type PortOwner } from "./port_owner.ts";

/** A local address and port; port 0 asks for any free one. */
export interface LocalAddress {
  bind: string;
  port: number;
}

/** How far above a taken port a free one is looked for. */
const NEXT_PORT_TRIES = 50;

/**
 * Listens on a local port. The caller closes the listener.
 *
 * @throws {AppError} `resource` when the port is taken or reserved for the administrator; `usage`
 * when the address is not one of this machine's, or not one that this executable may use.
 */
export async function listenTcp(
  address: LocalAddress,
  options: { findOwner?: typeof findPortOwner } = {},
): Promise<Deno.TcpListener> {
  try {
    return Deno.listen({ transport: "tcp", hostname: address.bind, port: address.port });
  } catch (error) {
    throw await explain(error, address, options.findOwner ?? findPortOwner);
  }
}

async function explain(
  error: unknown,
  address: LocalAddress,
  findOwner: typeof findPortOwner,
): Promise<AppError> {
  const what = `Cannot listen on ${formatAddress(address)}`;
  if (error instanceof Deno.errors.AddrInUse) {
    const free = nextFreePort(address);
    return new AppError("resource", `${what}: the port is in use`, {
      ...whyTaken(await findOwner(address.port)),
      hint: free === undefined
        ? "Choose another port, or 0 for any free one"
        : `Use port ${free}, which is free, or 0 for any free port`,
      cause: error,
    });
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return new AppError("usage", `${what}: the address is not one of this machine's`, {
      hint: "Use 127.0.0.1, ::1 or the address of one of its network interfaces",
      cause: error,
    });
  }
  if (error instanceof Deno.errors.NotCapable) {
    return new AppError("usage", `${what}: this executable may not listen there`, {
      why: "Its permissions name the addresses it may use",
      hint: "Use 127.0.0.1 or 0.0.0.0, or run from the source tree",
      cause: error,
    });
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new AppError("resource", `${what}: permission denied`, {
      ...(address.port < 1024 && {
        why: "The system keeps ports below 1024 for the administrator",
      }),
      hint: "Choose a port from 1024 up, or 0 for any free one",
      cause: error,
    });
  }
  const found = error instanceof Error ? error.message : String(error);
  return new AppError("resource", `${what}: ${found}`, { cause: error });
}

function whyTaken(owner: PortOwner | undefined): { why?: string } {
  if (owner === undefined) return {};
  if (owner.pid === undefined) return { why: "A process of another user holds it" };
  return { why: `${owner.command ?? "A process"} (pid ${owner.pid}) holds it` };
}

/** The first port above `address.port` that can be listened on now; a hint, not a reservation. */
export function nextFreePort(address: LocalAddress): number | undefined {
  const last = Math.min(address.port + NEXT_PORT_TRIES, 65_535);
  for (let port = address.port + 1; port <= last; port++) {
    try {
      Deno.listen({ hostname: address.bind, port }).close();
      return port;
    } catch {
      // Taken as well.
    }
  }
  return undefined;
}

/** `ADDRESS:PORT`, with brackets around an IPv6 address. */
export function formatAddress(address: LocalAddress): string {
  return `${bracketed(address.bind)}:${address.port}`;
}

/** A host as it is written before a port. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
