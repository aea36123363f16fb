/**
 * The background host of this user: found, or started when there is none.
 *
 * @module
 */
import { AppError, messageOf } from "../../errors/mod.ts";
import { type Clock, type DetachedProcess, lockFile } from "../../platform/mod.ts";
import {
  type HostFile,
  type LiveHost,
  prepareHostsFolder,
  surveyHosts,
} from "../../session/host/mod.ts";
import { BACKGROUND_LOG } from "./log_path.ts";

/** How long a host that is started may take until it can be asked: a slow disk, a busy machine. */
const START_TIMEOUT_MS = 60_000;
/** How long one that is ending is waited for; its sessions have shorter deadlines. */
const END_TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 100;

export interface FindHostOptions {
  stateFolder: string;
  clock: Clock;
  /** Starts one; its first line of output says that it can be asked. */
  start(): DetachedProcess;
}

/** The one that answers, if any. */
export async function findBackgroundHost(
  { stateFolder, clock }: Pick<FindHostOptions, "stateFolder" | "clock">,
): Promise<LiveHost | undefined> {
  const hosts = await surveyHosts({ stateFolder, clock });
  return hosts.find((host): host is LiveHost => host.status === "live" && host.file.background);
}

/**
 * A host that takes requests. Of several processes that want one at a time, one starts it and the
 * others find it.
 *
 * @throws {AppError} `resource` when the state folder cannot be written, or the host does not start.
 */
export async function requireBackgroundHost(options: FindHostOptions): Promise<HostFile> {
  const { stateFolder, clock, start } = options;
  const folder = await prepareHostsFolder(stateFolder);
  using _lock = await lockFile(`${folder}/.background-lock`);
  const deadlineMs = clock.nowMs() + END_TIMEOUT_MS;
  let found = await findBackgroundHost(options);
  while (found?.isEnding && clock.nowMs() < deadlineMs) {
    await pause(clock);
    found = await findBackgroundHost(options);
  }
  if (found !== undefined && !found.isEnding) return found.file;
  await startHost(start, options);
  const started = await findBackgroundHost(options);
  if (started !== undefined) return started.file;
  throw cannotStart("it has ended again", stateFolder);
}

async function startHost(
  start: () => DetachedProcess,
  { clock, stateFolder }: FindHostOptions,
): Promise<void> {
  let child: DetachedProcess;
  try {
    child = start();
  } catch (error) {
    throw cannotStart(messageOf(error), stateFolder, error);
  }
  const late = Promise.withResolvers<"late">();
  const timer = clock.setTimeout(() => late.resolve("late"), START_TIMEOUT_MS);
  const line = await Promise.race([child.firstLine, late.promise]);
  clock.clearTimeout(timer);
  if (line === "late") {
    child.kill();
    throw cannotStart(`it was not ready within ${START_TIMEOUT_MS / 1000} s`, stateFolder);
  }
  if (line === undefined) throw cannotStart("it ended at once", stateFolder);
}

function cannotStart(found: string, stateFolder: string, cause?: unknown): AppError {
  return new AppError("resource", `Cannot start the background host: ${found}`, {
    hint: `See ${stateFolder}/${BACKGROUND_LOG}, or connect in the foreground`,
    cause,
  });
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, LOOK_AGAIN_MS));
}
