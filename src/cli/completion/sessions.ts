/**
 * SESSION: what the host files say. Whether the hosts still live is not asked; a lost session can be
 * terminated as well.
 *
 * @module
 */
import type { SessionDetails } from "../../session/host/mod.ts";
import type { Candidate } from "./candidate.ts";

const ENDED: readonly string[] = ["closed", "failed"];

/** The ports of all sessions, then their ids. */
export async function sessionCandidates(stateFolder: string): Promise<Candidate[]> {
  // The one file of the folder that is needed: the rest serves and asks hosts.
  const { hostsFolder, readHostFiles } = await import("../../session/host/host_file.ts");
  const hosts = await readHostFiles(hostsFolder(stateFolder));
  const sessions = hosts.flatMap(({ file }) => file.sessions)
    .filter(({ state }) => !ENDED.includes(state))
    .toSorted((a, b) => (a.local_port ?? 0) - (b.local_port ?? 0));
  const ports = sessions.flatMap((session) =>
    session.local_port === null
      ? []
      : [{ value: String(session.local_port), about: describe(session) }]
  );
  const ids = sessions.map((session) => ({
    value: session.session_id,
    about: session.local_port === null
      ? describe(session)
      : `port ${session.local_port}, ${describe(session)}`,
  }));
  return [...ports, ...ids];
}

function describe(session: SessionDetails): string {
  const { instance_name, instance_id, remote_host, remote_port, state } = session;
  const via = instance_name || instance_id;
  const to = remote_port === null ? via : `${remote_host ?? via}:${remote_port}`;
  return remote_host === null ? `${to}, ${state}` : `${to} via ${via}, ${state}`;
}
