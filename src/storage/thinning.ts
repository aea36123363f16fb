/**
 * Which samples are joined as they grow old, and what becomes of them.
 *
 * @module
 */
import { mergeRoundTrips } from "../protocol/mod.ts";
import type { Sample } from "./rows.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** From which age on a sample stands for how long a time. */
export const THINNING: readonly { fromAgeMs: number; spanMs: number }[] = [
  { fromAgeMs: HOUR_MS, spanMs: MINUTE_MS },
  { fromAgeMs: DAY_MS, spanMs: HOUR_MS },
];

/** Samples that become one. */
export interface Joined<Kept extends Sample> {
  from: Kept[];
  into: Sample;
}

/**
 * The samples of one session that are to be joined.
 *
 * A minute, or an hour, is joined when all of it has the age: then no sample is still to come into it,
 * and joining again changes nothing.
 *
 * @param samples Of one session, oldest first.
 */
export function planThinning<Kept extends Sample>(
  samples: readonly Kept[],
  nowMs: number,
): Joined<Kept>[] {
  const groups = new Map<string, { spanMs: number; from: Kept[] }>();
  for (const sample of samples) {
    const spanMs = spanFor(sample, nowMs);
    if (spanMs <= sample.spanMs) continue;
    const key = `${spanMs} ${startOf(sample.atMs, spanMs)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { spanMs, from: [sample] });
    else group.from.push(sample);
  }
  return [...groups.values()].map(({ spanMs, from }) => ({ from, into: join(from, spanMs) }));
}

/** The widest span whose whole period, around the sample, is old enough. 0: leave it as it is. */
function spanFor(sample: Sample, nowMs: number): number {
  const reached = THINNING.filter(({ fromAgeMs, spanMs }) =>
    startOf(sample.atMs, spanMs) + spanMs <= nowMs - fromAgeMs
  );
  return Math.max(0, ...reached.map(({ spanMs }) => spanMs));
}

function startOf(atMs: number, spanMs: number): number {
  return Math.floor(atMs / spanMs) * spanMs;
}

/** Counters are sums already, so the last one's are those of all. */
function join(samples: readonly Sample[], spanMs: number): Sample {
  const last = samples.at(-1)!;
  return {
    ...last,
    spanMs,
    roundTrips: mergeRoundTrips(samples.map(({ roundTrips }) => roundTrips)),
    openConnections: Math.max(...samples.map(({ openConnections }) => openConnections)),
  };
}
