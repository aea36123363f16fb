/**
 * What sessions need beside themselves: credentials, the clock, AWS, the database.
 *
 * @module
 */
import { toAppError } from "../../errors/mod.ts";
import {
  checkClock,
  checkCredentials,
  checkDatabase,
  checkReachability,
  type HealthFinding,
} from "../../monitor/mod.ts";
import { countRows, Database, databasePath } from "../../storage/mod.ts";
import type { HealthOptions } from "../commands/health.ts";
import { type Context, loadSettings } from "../context.ts";
import { createAws } from "../factory.ts";

/** All of them, at a time. What fails is a finding and no error. */
export async function checkSurroundings(
  options: HealthOptions,
  context: Context,
): Promise<HealthFinding[]> {
  const findings = await Promise.all([askAws(options, context), askDatabase(context)]);
  return findings.flat();
}

async function askAws({ aws: choice }: HealthOptions, context: Context): Promise<HealthFinding[]> {
  const { io, stop } = context;
  using aws = await createAws(choice, await loadSettings(context), context);
  const credentials = await attempt(async () => {
    const { expiration } = await aws.credentials();
    return { expiresAtMs: expiration?.getTime() };
  });
  const ofCredentials = checkCredentials(credentials, io.clock.epochMs());
  if ("failure" in credentials) return [ofCredentials];
  const startedMs = io.clock.nowMs();
  const identity = await attempt(() => aws.callerIdentity(stop.signal));
  if ("failure" in identity) {
    // Whoever refuses has been reached.
    return identity.kind === "auth"
      ? [checkCredentials(identity, io.clock.epochMs()), checkClock(undefined)]
      : [ofCredentials, checkReachability(identity), checkClock(undefined)];
  }
  const tookMs = io.clock.nowMs() - startedMs;
  return [
    ofCredentials,
    checkReachability({ tookMs, endpoint: "STS" }),
    checkClock(identity.clockSkewMs),
  ];
}

async function askDatabase(context: Context): Promise<HealthFinding[]> {
  const { io } = context;
  const outcome = await attempt(async () => {
    const { config } = await loadSettings(context);
    using database = await Database.open({
      path: databasePath(config.database.path, io),
      clock: io.clock,
    });
    database.requireSound("integrity_check");
    const { sessions, stateChanges, samples } = countRows(database);
    return { rows: sessions + stateChanges + samples };
  });
  return [checkDatabase(outcome)];
}

async function attempt<T>(
  work: () => Promise<T>,
): Promise<T | { failure: string; hint: string | undefined; kind: string }> {
  try {
    return await work();
  } catch (error) {
    const { message, why, hint, kind } = toAppError(error);
    return { failure: why === undefined ? message : `${message} (${why})`, hint, kind };
  }
}
