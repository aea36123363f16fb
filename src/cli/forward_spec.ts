/**
 * `-L [BIND:]LOCAL:[HOST:]REMOTE`, and the rules that hold between several of them.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { bracketed, formatAddress } from "../platform/mod.ts";
import type { Forward } from "../session/mod.ts";
import {
  invalid,
  readBindAddress,
  readLocalPort,
  readRemoteHost,
  readRemotePort,
} from "./values.ts";

/** A forward as it was written: without BIND, `--bind` decides. */
export type ForwardSpec = Omit<Forward, "bind"> & { bind?: string };

/** Where a forward leads that says nothing of it. */
export const DEFAULT_FORWARD: Forward = { bind: "127.0.0.1", localPort: 0, remotePort: 22 };

const OPTION = "-L";
const WANTED = "[BIND:]LOCAL:[HOST:]REMOTE, such as 8080:80 or 5432:db.internal:5432";

/**
 * Reads one `-L`.
 *
 * With three parts the first decides: digits are LOCAL, anything else is BIND.
 *
 * @throws {AppError} `usage`
 */
export function readForward(text: string): ForwardSpec {
  const parts = splitOutsideBrackets(text);
  const refuse = () => invalid(text, OPTION, WANTED);
  if (parts === undefined || parts.includes("")) throw refuse();
  const hasBind = parts.length === 4 || (parts.length === 3 && !/^\d+$/.test(parts[0]!));
  const hasHost = parts.length === 4 || (parts.length === 3 && !hasBind);
  if (parts.length < 2 || parts.length > 4) throw refuse();
  const [bind] = hasBind ? parts.splice(0, 1) : [];
  const [local] = parts.splice(0, 1);
  const [host] = hasHost ? parts.splice(0, 1) : [];
  const what = (part: string) => `${part} of ${OPTION} ${text}`;
  return {
    ...(bind === undefined ? {} : { bind: readBindAddress(bind, what("BIND")) }),
    localPort: readLocalPort(local!, what("LOCAL")),
    ...(host === undefined ? {} : { remoteHost: readRemoteHost(host, what("HOST")) }),
    remotePort: readRemotePort(parts[0]!, what("REMOTE")),
  };
}

/** The value of an `-L` that {@link readForward} reads as this forward. */
export function writeForward({ bind, localPort, remoteHost, remotePort }: Forward): string {
  const host = remoteHost === undefined ? [] : [bracketed(remoteHost)];
  return [bracketed(bind), localPort, ...host, remotePort].join(":");
}

/** The parts between colons that stand outside `[...]`; undefined when the brackets do not match. */
function splitOutsideBrackets(text: string): string[] | undefined {
  if (!/^(?:[^[\]]|\[[^[\]]*\])*$/.test(text)) return undefined;
  return text.split(/:(?![^[\]]*\])/);
}

/**
 * Refuses two forwards that want the same local port on the same address.
 *
 * @throws {AppError} `usage`
 */
export function requireDistinctPorts(forwards: readonly Forward[]): void {
  for (const [index, forward] of forwards.entries()) {
    if (forward.localPort === 0) continue;
    const other = forwards.slice(0, index).find((earlier) => collide(earlier, forward));
    if (other === undefined) continue;
    throw new AppError(
      "usage",
      `Cannot forward ${formatAddress({ bind: forward.bind, port: forward.localPort })}: ` +
        "two forwards want it",
      { hint: "Give each forward a local port of its own, or 0 for any free one" },
    );
  }
}

/** Whether two cannot be listened on together. */
export function collide(a: Forward, b: Forward): boolean {
  if (a.localPort !== b.localPort) return false;
  const isWildcard = (bind: string) => bind === "0.0.0.0" || /^[0:]+$/.test(bind);
  return a.bind === b.bind || isWildcard(a.bind) || isWildcard(b.bind);
}

/** Whether only this machine can reach an address. */
export function isLoopback(bind: string): boolean {
  return bind.startsWith("127.") || /^(?:0*:)*0*1$/.test(bind);
}
