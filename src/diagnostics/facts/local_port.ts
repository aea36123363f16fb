/**
 * F24: whether a local port can be listened on, tried for real.
 *
 * @module
 */

import { findPortOwner, nextFreePort, type PortOwner } from "../../platform/mod.ts";
import type { PortProbe } from "./local.ts";

/** A listener of this machine answers at once or not at all. */
const CONNECT_TIMEOUT_MS = 200;

const LOOPBACK = "127.0.0.1";

/** What the probe uses of the system. */
export interface PortProbeParts {
  /** Whether a TCP connection is accepted. Closes it again. */
  answers(hostname: string, port: number): Promise<boolean>;
  /** Listens on 127.0.0.1 and closes again. */
  tryBind(port: number): PortProbe["bind"];
  findOwner(port: number): Promise<PortOwner | undefined>;
  nextFree(port: number): number | undefined;
}

const SYSTEM: PortProbeParts = {
  answers,
  tryBind,
  findOwner: findPortOwner,
  nextFree: (port) => nextFreePort({ bind: LOOPBACK, port }),
};

/**
 * Connects, then listens for a moment on 127.0.0.1. Nothing stays open.
 *
 * Connecting comes first: on some systems a listener on all addresses does not keep another one from
 * 127.0.0.1, and takes no connection from then on.
 *
 * @param port 1 to 65535; 0 means any free port, and is free.
 */
export async function probeLocalPort(
  port: number,
  parts: PortProbeParts = SYSTEM,
): Promise<PortProbe> {
  const nothing = { owner: undefined, nextFree: undefined };
  if (port === 0) return { port, bind: "free", answersIpv4: false, answersIpv6: false, ...nothing };
  const [answersIpv4, answersIpv6] = await Promise.all([
    parts.answers(LOOPBACK, port),
    parts.answers("::1", port),
  ]);
  const bind = parts.tryBind(port);
  const found = { port, bind, answersIpv4, answersIpv6 };
  if (bind === "free" && !answersIpv4 && !answersIpv6) return { ...found, ...nothing };
  return { ...found, owner: await parts.findOwner(port), nextFree: parts.nextFree(port) };
}

/** Why nobody answered is no matter: listening tells the rest. */
async function answers(hostname: string, port: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), CONNECT_TIMEOUT_MS);
  const answered = Deno.connect({ hostname, port }).then(
    (connection) => {
      connection.close();
      return true;
    },
    () => false,
  );
  try {
    return await Promise.race([answered, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function tryBind(port: number): PortProbe["bind"] {
  try {
    Deno.listen({ hostname: LOOPBACK, port }).close();
    return "free";
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "in_use";
    if (error instanceof Deno.errors.NotCapable) return "not_allowed_to_probe";
    if (error instanceof Deno.errors.PermissionDenied) return "permission_denied";
    throw error;
  }
}
