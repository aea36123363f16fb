/**
 * What a host leaves in the state folder, so that other processes of this user find it, and know what
 * it held should it be gone.
 *
 * One file a host, readable by its owner alone: it holds the token of the control endpoint. Nothing in
 * it is good for AWS.
 *
 * @module
 */
import { AppError, messageOf } from "../../errors/mod.ts";
import { writeWholeFile } from "../../platform/mod.ts";
import type { SessionDetails } from "./session_json.ts";

const SCHEMA = "ec2-connect/host/v1";

/** Folder of these files inside the state folder. */
const HOSTS_FOLDER = "hosts";

/** Larger is none of ours: a thousand sessions with their histories are below it. */
const FILE_LIMIT_BYTES = 16 * 1024 * 1024;

export interface HostFile {
  schema: typeof SCHEMA;
  pid: number;
  /** Of the control endpoint on 127.0.0.1. */
  port: number;
  token: string;
  started_at: string;
  /** When the file was written; it is at every change of a session. */
  updated_at: string;
  /** Of the program. */
  version: string;
  background: boolean;
  /** As they were when the file was written. */
  sessions: readonly SessionDetails[];
}

/** A host file and where it is. */
export interface FoundHost {
  path: string;
  file: HostFile;
}

/**
 * The folder of host files, made when it is missing, for its owner alone.
 *
 * @throws {AppError} `resource` when it cannot be made or is somebody else's.
 */
export async function prepareHostsFolder(stateFolder: string): Promise<string> {
  const folder = hostsFolder(stateFolder);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    // It may have been there with other permissions.
    if (Deno.build.os !== "windows") await Deno.chmod(folder, 0o700);
    return folder;
  } catch (error) {
    throw unusableFolder(folder, error);
  }
}

/** The folder of host files, whether it is there or not. */
export function hostsFolder(stateFolder: string): string {
  return `${stateFolder}/${HOSTS_FOLDER}`;
}

/** Writes or replaces a host file. @throws {AppError} `resource` */
export async function writeHostFile(
  path: string,
  file: Omit<HostFile, "schema">,
): Promise<void> {
  try {
    // Not synced: after a crash of the system the host is gone, and so are its sessions.
    await writeWholeFile(path, JSON.stringify({ schema: SCHEMA, ...file }) + "\n", {
      isDurable: false,
    });
  } catch (error) {
    throw unusableFolder(path, error);
  }
}

/** All that are there. What is no host file, or one of a later version, is left out and left alone. */
export async function readHostFiles(folder: string): Promise<FoundHost[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".json")) names.push(name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw unusableFolder(folder, error);
  }
  const found = await Promise.all(names.sort().map((name) => readHostFile(`${folder}/${name}`)));
  return found.filter((each) => each !== undefined);
}

/** Undefined when it is gone or is none. */
export async function readHostFile(path: string): Promise<FoundHost | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    // Opening a pipe would wait for somebody who writes.
    if (!isFile || size > FILE_LIMIT_BYTES) return undefined;
    const file: unknown = JSON.parse(await Deno.readTextFile(path));
    return isHostFile(file) ? { path, file } : undefined;
  } catch (error) {
    const isExpected = error instanceof SyntaxError || error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.IsADirectory;
    if (isExpected) return undefined;
    throw error;
  }
}

/** Removes a host file; it may be gone already. */
export async function removeHostFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unusableFolder(path, error);
  }
}

function isHostFile(value: unknown): value is HostFile {
  if (typeof value !== "object" || value === null) return false;
  const file = value as Record<string, unknown>;
  const isPort = Number.isInteger(file["port"]) && Number(file["port"]) > 0 &&
    Number(file["port"]) < 65_536;
  return file["schema"] === SCHEMA && isPort && Number.isInteger(file["pid"]) &&
    ["token", "started_at", "updated_at", "version"].every((name) =>
      typeof file[name] === "string"
    ) &&
    !Number.isNaN(Date.parse(String(file["updated_at"]))) &&
    typeof file["background"] === "boolean" &&
    Array.isArray(file["sessions"]) && file["sessions"].every(isSession);
}

/** What is needed to show a session and to end it; the rest is shown as it is. */
function isSession(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const session = value as Record<string, unknown>;
  return ["session_id", "instance_id", "region", "started_at", "state"].every((name) =>
    typeof session[name] === "string"
  );
}

function unusableFolder(path: string, error: unknown): AppError {
  const found = error instanceof AppError
    ? error.message
    : `Cannot use ${path}: ${
      error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable
        ? "permission denied"
        : messageOf(error).replace(/ \(os error .*$/s, "")
    }`;
  return new AppError("resource", found, {
    hint: "Make the state folder writable, or name another with XDG_STATE_HOME",
    cause: error,
  });
}
