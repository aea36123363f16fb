/**
 * What a host that is gone left behind, struck off when it has been ended.
 *
 * @module
 */
import { lockFile } from "../../platform/mod.ts";
import { readHostFile, removeHostFile, writeHostFile } from "./host_file.ts";
import type { LostHost } from "./survey.ts";

/**
 * Takes sessions off a gone host's list, and the file away with the last of them.
 *
 * @throws {AppError} `resource` when the state folder cannot be written.
 */
export async function forgetLost(host: LostHost, sessionIds: readonly string[]): Promise<void> {
  // Two commands that end different sessions of it must not undo each other.
  using _lock = await lockFile(host.path.replace(/[^/]*$/, ".lock"));
  const found = await readHostFile(host.path);
  if (found === undefined) return;
  const { schema: _schema, ...file } = found.file;
  const sessions = file.sessions.filter(({ session_id }) => !sessionIds.includes(session_id));
  if (sessions.length === 0) return await removeHostFile(host.path);
  await writeHostFile(host.path, { ...file, sessions });
}
