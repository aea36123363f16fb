/**
 * A folder on a file system of its own, for a command to meet a full or read-only disk. Linux lets
 * anyone mount one inside a namespace, where that is not turned off.
 *
 * @module
 */
import { commandLine } from "./command.ts";

const SCRIPT = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"';

/** Whether such a file system can be had here. */
export const CAN_MOUNT = await canMount();

async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["-rm", "true"];
    return (await new Deno.Command("unshare", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Runs our command with `folder` on a disk of its own, mounted with these options of tmpfs. */
export async function runOnDisk(
  args: string[],
  options: { mount: string; folder: string; env: Record<string, string> },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [program, before] = commandLine();
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      "-rm",
      "sh",
      "-c",
      SCRIPT,
      "sh",
      options.mount,
      options.folder,
      program,
      ...before,
      ...args,
    ],
    env: options.env,
    clearEnv: true,
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
