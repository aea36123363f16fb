/**
 * Who holds which sessions on this machine: every host file looked at, every host asked, at a time.
 *
 * No process is ever signalled, and no pid believed: a host is alive when it answers with the token
 * and the start time of its file. A pid alone may belong to another program by now.
 *
 * @module
 */
import { type Clock, systemClock } from "../../platform/mod.ts";
import { ControlClient, HostGoneError, HostSilentError } from "./control_client.ts";
import {
  type FoundHost,
  type HostFile,
  hostsFolder,
  readHostFile,
  readHostFiles,
  removeHostFile,
} from "./host_file.ts";
import type { SessionDetails } from "./session_json.ts";

/**
 * How long sessions of a host that is gone are remembered. The service ends any session after at most
 * 24 hours, whatever the account's preferences say.
 *
 * Source: Systems Manager user guide, "Specify maximum session duration": 1 to 1440 minutes.
 */
const REMEMBER_LOST_MS = 24 * 3600 * 1000;

/** A host that answers. */
export interface LiveHost {
  status: "live";
  path: string;
  file: HostFile;
  /** It takes no new sessions and will soon be gone. */
  isEnding: boolean;
  sessions: readonly SessionDetails[];
  /** Ids of the sessions that ended last. */
  endedIds: readonly string[];
}

/**
 * A host that does not. `gone`: its process has ended without closing its sessions. `silent`:
 * somebody holds its port; it may have been stopped and may come back.
 */
export interface LostHost {
  status: "gone" | "silent";
  path: string;
  file: HostFile;
  /** As it left them, in state `lost`. */
  sessions: readonly SessionDetails[];
}

export type SurveyedHost = LiveHost | LostHost;

/** Sessions that hosts know to have ended. */
export function endedSessionIds(hosts: readonly SurveyedHost[]): string[] {
  return hosts.flatMap((host) => host.status === "live" ? host.endedIds : []);
}

export interface SurveyOptions {
  stateFolder: string;
  clock?: Clock;
  /** Process that is not asked: one's own, which knows what it holds. */
  exceptPid?: number | undefined;
}

/**
 * All hosts of this user. Files of hosts that are gone and left nothing to end are removed.
 *
 * @throws {AppError} `resource` when the folder is there and cannot be read.
 */
export async function surveyHosts(options: SurveyOptions): Promise<SurveyedHost[]> {
  const found = await readHostFiles(hostsFolder(options.stateFolder));
  const asked = found.filter(({ file }) => file.pid !== options.exceptPid);
  const surveyed = await Promise.all(asked.map((each) => surveyHost(each, options)));
  return surveyed.filter((host) => host !== undefined);
}

async function surveyHost(
  found: FoundHost,
  { clock = systemClock }: SurveyOptions,
): Promise<SurveyedHost | undefined> {
  const { file, path } = found;
  using client = new ControlClient(file, { clock });
  try {
    const { sessions, ending, ended_session_ids: endedIds = [] } = await client.sessions();
    return { status: "live", path, file, isEnding: ending, sessions, endedIds };
  } catch (error) {
    if (error instanceof HostSilentError) return lostHost("silent", found, clock.epochMs());
    if (!(error instanceof HostGoneError)) throw error;
  }
  // A host that ends in order removes its file before it stops to answer. The file as it is now: it
  // may have been written again since.
  const now = await readHostFile(path);
  if (now === undefined) return undefined;
  const host = lostHost("gone", now, clock.epochMs());
  const ageMs = clock.epochMs() - Date.parse(now.file.updated_at);
  if (host.sessions.length > 0 && ageMs < REMEMBER_LOST_MS) return host;
  await removeHostFile(path);
  return undefined;
}

function lostHost(status: LostHost["status"], { file, path }: FoundHost, nowMs: number): LostHost {
  const sessions = file.sessions.map((session): SessionDetails => ({
    ...session,
    state: "lost",
    host_pid: null,
    uptime_s: Math.max(0, Math.floor((nowMs - Date.parse(session.started_at)) / 1000)),
  }));
  return { status, path, file, sessions };
}
