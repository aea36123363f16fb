/**
 * `host status` and `host stop`.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { ControlClient, HostGoneError, type LiveHost } from "../../session/host/mod.ts";
import type { HostCommandOptions } from "../commands/host.ts";
import type { Context } from "../context.ts";
import { formatDuration, formatTime } from "../duration.ts";
import { writeResult } from "../result.ts";
import { requireStateFolder } from "../sessions/state_folder.ts";
import { findBackgroundHost } from "./find_host.ts";
import { BACKGROUND_LOG } from "./log_path.ts";

/** Its sessions end within deadlines of their own, which are shorter. */
const STOP_TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 100;

/** @returns 0, whether it runs or not. */
export async function runHostStatus(
  { output }: HostCommandOptions,
  context: Context,
): Promise<number> {
  const { io } = context;
  const stateFolder = requireStateFolder(io);
  const host = await findBackgroundHost({ stateFolder, clock: io.clock });
  const logFile = `${stateFolder}/${BACKGROUND_LOG}`;
  const facts = host === undefined ? undefined : describe(host, io.clock.epochMs());
  await writeResult(
    {
      schema: "host",
      value: { running: facts !== undefined, ...(facts ?? NOT_RUNNING), log_file: logFile },
      text: () =>
        facts === undefined ? ["No background host runs"] : [
          `Process ${facts.pid}, version ${facts.version}, ${facts.ending ? "ending" : "running"}`,
          `Up ${formatDuration(facts.uptime_s)}, since ${formatTime(facts.started_at)}`,
          `Sessions ${facts.sessions}`,
          `Log ${logFile}`,
        ],
    },
    context,
    output,
  );
  return 0;
}

const NOT_RUNNING = {
  pid: null,
  version: null,
  started_at: null,
  uptime_s: null,
  sessions: 0,
  ending: false,
};

function describe({ file, sessions, isEnding }: LiveHost, nowMs: number) {
  return {
    pid: file.pid,
    version: file.version,
    started_at: file.started_at,
    uptime_s: Math.max(0, Math.floor((nowMs - Date.parse(file.started_at)) / 1000)),
    sessions: sessions.length,
    ending: isEnding,
  };
}

/**
 * Ends it and its sessions, and waits for that.
 *
 * @returns 0, also when none runs.
 * @throws {AppError} `resource` when it does not end in time.
 */
export async function runHostStop(
  { output }: HostCommandOptions,
  context: Context,
): Promise<number> {
  const { io } = context;
  const { clock } = io;
  const stateFolder = requireStateFolder(io);
  const host = await findBackgroundHost({ stateFolder, clock });
  if (host !== undefined) await stopHost(host, { stateFolder, context });
  const ended = host?.sessions.length ?? 0;
  await writeResult(
    {
      schema: "host-stop",
      value: { was_running: host !== undefined, pid: host?.file.pid ?? null, sessions: ended },
      text: () => [
        host === undefined
          ? "No background host runs"
          : `Stopped process ${host.file.pid} and its sessions: ${ended}`,
      ],
    },
    context,
    output,
  );
  return 0;
}

async function stopHost(
  { file }: LiveHost,
  { stateFolder, context }: { stateFolder: string; context: Context },
): Promise<void> {
  const { clock } = context.io;
  using client = new ControlClient(file, { clock });
  try {
    await client.stop();
  } catch (error) {
    // It was about to end anyway.
    if (!(error instanceof HostGoneError)) throw error;
  }
  const deadlineMs = clock.nowMs() + STOP_TIMEOUT_MS;
  for (;;) {
    const now = await findBackgroundHost({ stateFolder, clock });
    if (now?.file.pid !== file.pid || now.file.started_at !== file.started_at) return;
    if (clock.nowMs() > deadlineMs) {
      throw new AppError(
        "resource",
        `Cannot stop the background host: process ${file.pid} goes on`,
        {
          why: `It has not ended within ${STOP_TIMEOUT_MS / 1000} s`,
          hint: `See ${stateFolder}/${BACKGROUND_LOG}`,
        },
      );
    }
    context.stop.signal.throwIfAborted();
    await new Promise<void>((resolve) => clock.setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
