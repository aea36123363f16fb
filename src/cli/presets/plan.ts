/**
 * What `up` would open, and whether that can be: decided before anything is opened.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { formatAddress } from "../../platform/mod.ts";
import type { Forward } from "../../session/mod.ts";
import type { SessionEntry } from "../../session/host/mod.ts";
import { collide } from "../forward_spec.ts";
import { presetForwards } from "./apply.ts";
import type { NamedPreset } from "./find.ts";

/** A preset and all that it leads to. */
export interface PlannedPreset extends NamedPreset {
  forwards: readonly Forward[];
}

/**
 * @throws {AppError} `config` for a preset that cannot be used, `usage` where two want the same local
 * port, `resource` where there are more sessions to an instance than are allowed.
 */
export function planUp(
  presets: readonly NamedPreset[],
  { maxPerInstance }: { maxPerInstance: number },
): PlannedPreset[] {
  const plans = presets.map((named) => ({ ...named, forwards: presetForwards(named) }));
  requireDistinct(plans);
  requireWithinLimit(plans, maxPerInstance);
  return plans;
}

function requireDistinct(plans: readonly PlannedPreset[]): void {
  for (const [index, plan] of plans.entries()) {
    for (const forward of plan.forwards) {
      const other = plans.slice(0, index).find(({ forwards }) =>
        forward.localPort !== 0 && forwards.some((each) => collide(each, forward))
      );
      if (other === undefined) continue;
      const address = formatAddress({ bind: forward.bind, port: forward.localPort });
      throw new AppError(
        "usage",
        `Cannot bring up ${other.name} and ${plan.name} together: both want ${address}`,
        { hint: "Give one of them another local_port, or 0 for any free one" },
      );
    }
  }
}

/** By the instance as it is written; what else is the same instance is found when it is opened. */
function requireWithinLimit(plans: readonly PlannedPreset[], maxPerInstance: number): void {
  const byInstance = Map.groupBy(
    plans,
    ({ preset: { instance, region, profile } }) => JSON.stringify([instance, region, profile]),
  );
  for (const together of byInstance.values()) {
    const count = together.reduce((sum, { forwards }) => sum + forwards.length, 0);
    if (count <= maxPerInstance) continue;
    const { instance } = together[0]!.preset;
    const wanted = together.map(({ name, forwards }) => `${name} wants ${forwards.length}`);
    throw new AppError(
      "resource",
      `Cannot bring up ${count} sessions to "${instance}": ${maxPerInstance} are allowed`,
      {
        why: `session.max_sessions_per_instance is ${maxPerInstance}; ${wanted.join(", ")}`,
        hint:
          "Raise session.max_sessions_per_instance (EC2_CONNECT_MAX_SESSIONS), or leave one out",
      },
    );
  }
}

/** Those of a preset's forwards that none of its sessions serves. */
export function missingForwards(
  forwards: readonly Forward[],
  sessions: readonly SessionEntry[],
): Forward[] {
  const free = new Set(sessions);
  return forwards.filter((forward) => {
    const serving = [...free].find((session) => serves(session, forward));
    if (serving !== undefined) free.delete(serving);
    return serving === undefined;
  });
}

function serves(session: SessionEntry, forward: Forward): boolean {
  return session.bind === forward.bind &&
    (forward.localPort === 0 || session.local_port === forward.localPort) &&
    session.remote_host === (forward.remoteHost ?? null) &&
    session.remote_port === forward.remotePort;
}
