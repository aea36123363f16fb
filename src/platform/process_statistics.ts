/**
 * What this process takes of the machine.
 *
 * Of itself only: Deno lets a program with scoped permissions read nothing in `/proc` but its list of
 * descriptors.
 *
 * @module
 */

/** Figures of this process at one moment. */
export interface ProcessStatistics {
  /** Memory in RAM, shared pages included. */
  residentBytes: number;
  /** CPU time since it started, all threads. */
  cpuMs: number;
  /** Open files and sockets; undefined where the system does not tell. */
  descriptors: number | undefined;
}

/** Reads them. Never throws. */
export async function readProcessStatistics(
  os: typeof Deno.build.os = Deno.build.os,
): Promise<ProcessStatistics> {
  const { cpuUsage } = await import("node:process");
  const { user, system } = cpuUsage();
  return {
    residentBytes: Deno.memoryUsage().rss,
    cpuMs: (user + system) / 1000,
    descriptors: await countDescriptors(os),
  };
}

async function countDescriptors(os: typeof Deno.build.os): Promise<number | undefined> {
  const folder = os === "linux" || os === "android"
    ? "/proc/self/fd"
    : os === "darwin" || os === "freebsd"
    ? "/dev/fd"
    : undefined;
  if (folder === undefined) return undefined;
  try {
    let count = 0;
    for await (const _ of Deno.readDir(folder)) count++;
    // One of them is the descriptor that the folder is read with.
    return count - 1;
  } catch {
    return undefined;
  }
}
