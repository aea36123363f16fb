/**
 * The ssh that an editor would start, reading the configuration of this home.
 *
 * @module
 */
import { runProgram } from "../../platform/mod.ts";
import { SshClient, type SshPlaces } from "../../vscode/mod.ts";
import type { Context } from "../context.ts";

/** @param moreEnv Beside this process's environment. */
export async function openSsh(
  places: SshPlaces,
  context: Context,
  moreEnv: Record<string, string> = {},
): Promise<SshClient> {
  const { io, stop } = context;
  const env = { ...definedOnly(io.env), ...moreEnv };
  const config = await configToName(places, context);
  return new SshClient({ env, config, signal: stop.signal });
}

/**
 * ssh asks the system for the home, and not HOME. Where the two differ, it is told which file to read.
 *
 * @returns Undefined where it finds the file by itself.
 */
async function configToName(
  { home, userConfig }: SshPlaces,
  { io, stop }: Context,
): Promise<string | undefined> {
  if (io.os === "windows") return undefined;
  const { stdout } = await runProgram(["/bin/sh", "-c", 'eval "echo ~$(id -un)"'], {
    env: definedOnly(io.env),
    timeoutMs: 5_000,
    signal: stop.signal,
  });
  const known = stdout.trim();
  if (!known.startsWith("/")) return undefined;
  if (await realPath(known) === await realPath(home)) return undefined;
  try {
    await Deno.stat(userConfig);
    return userConfig;
  } catch {
    // ssh refuses a name that is not there, but for this one, which is no file.
    return "none";
  }
}

async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    return path;
  }
}

/** Said where `configToName` names one. */
export function notRead({ userConfig }: SshPlaces): string {
  return `ssh reads another home than HOME names; tell it this file: ssh -F ${userConfig}`;
}

/** An environment for a child. */
export function definedOnly(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
