/**
 * The processes below a process, from Linux's /proc.
 *
 * @module
 */

/** The ids of `pid` and of everything it started, parents first. Empty once it has left. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent === undefined) continue;
    children.set(parent, [...children.get(parent) ?? [], Number(name)]);
  }
  if (parentOf(String(pid)) === undefined) return [];
  const tree = [pid];
  // The list grows while it is walked.
  for (const member of tree) tree.push(...children.get(member) ?? []);
  return tree;
}

/** The program that a process runs, as it was called; empty when it has left. */
export function programOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0")[0] ?? "";
  } catch {
    return "";
  }
}

/** Sends a signal to a process that may have left already. */
export function signalQuietly(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // Gone.
  }
}

function parentOf(pid: string): number | undefined {
  try {
    // The command, in parentheses, may hold anything; behind it come the state and the parent.
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /s, "").split(" ");
    return fields[0] === "Z" ? undefined : Number(fields[1]);
  } catch {
    return undefined;
  }
}
