/**
 * A local port that is taken by a session of this program: which one, and what to do with it.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { type LocalAddress, nextFreePort } from "../../platform/mod.ts";
import type { SessionDetails } from "../../session/host/mod.ts";
import type { HeldSession } from "./sessions_elsewhere.ts";

/**
 * `error`, or a better one: where the port is taken, and one of `held` has it, the session is named
 * in place of its process.
 *
 * @param held Asked only when a port is taken.
 */
export async function nameHolder(
  error: unknown,
  address: LocalAddress,
  held: () => Promise<readonly HeldSession[]>,
): Promise<unknown> {
  if (!(error instanceof AppError) || !(error.cause instanceof Deno.errors.AddrInUse)) return error;
  const holder = (await held()).find(({ session }) =>
    session.local_port === address.port && overlap(session.bind, address.bind)
  );
  if (holder === undefined) return error;
  const free = nextFreePort(address);
  return new AppError(error.kind, error.message, {
    why: `It leads to ${describe(holder.session)}`,
    hint: [
      `See it: ec2-connect status ${address.port}; end it: ec2-connect terminate ${address.port}`,
      ...(free === undefined ? [] : [`or use port ${free}, which is free`]),
    ].join("; "),
    cause: error.cause,
  });
}

function describe(session: SessionDetails): string {
  const { instance_name, instance_id, remote_host, remote_port, preset, session_id } = session;
  const remote = [remote_host, remote_port].filter((part) => part !== null).join(":");
  const ofPreset = preset === null ? "" : `, preset ${preset}`;
  return `${instance_name ?? instance_id}:${remote} already (session ${session_id}${ofPreset})`;
}

/** Whether listeners of one port on both addresses can be in each other's way. */
function overlap(one: string | null, other: string): boolean {
  const all = ["0.0.0.0", "::"];
  return one === other || all.includes(one ?? "") || all.includes(other);
}
