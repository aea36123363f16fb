/**
 * Which process listens on a local port, as far as the system tells.
 *
 * The system is asked through its shell: the executable may run that, while reading `/proc` directly
 * would need every permission there is.
 *
 * @module
 */

/** A process that listens on a port. */
export interface PortOwner {
  /** `undefined`: the process belongs to somebody else and hides its number. */
  pid: number | undefined;
  /** Name of the program. */
  command: string | undefined;
}

type Run = (script: string) => Promise<string>;

/** How long the system may take to answer; this only makes an error message better. */
const ANSWER_TIMEOUT_MS = 3_000;

/**
 * Looks up who listens on `port`.
 *
 * @returns `undefined` when the system does not tell. Never throws.
 */
export async function findPortOwner(
  port: number,
  options: { os?: typeof Deno.build.os; run?: Run } = {},
): Promise<PortOwner | undefined> {
  const os = options.os ?? Deno.build.os;
  const run = options.run ?? runScript;
  try {
    if (os === "linux" || os === "android") return await ownerOnLinux(port, run);
    if (os === "windows") return await ownerOnWindows(port, run);
    return await ownerFromLsof(port, run);
  } catch {
    return undefined;
  }
}

async function ownerOnLinux(port: number, run: Run): Promise<PortOwner | undefined> {
  const inode = listeningInode(await run("cat /proc/net/tcp /proc/net/tcp6 2>/dev/null"), port);
  if (inode === undefined) return undefined;
  const pid = pidHoldingSocket(await run("ls -l /proc/[0-9]*/fd 2>/dev/null"), inode);
  if (pid === undefined) return { pid, command: undefined };
  return { pid, command: (await run(`cat /proc/${pid}/comm`)).trim() || undefined };
}

/**
 * The socket that listens on `port`, from the text of `/proc/net/tcp` or `tcp6`.
 *
 * Source: proc_net(5): column 2 is `ADDRESS:PORT` in hexadecimal, column 4 the state (0A is LISTEN),
 * column 10 the inode.
 */
export function listeningInode(table: string, port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(suffix) && columns[3] === "0A") return columns[9];
  }
  return undefined;
}

/** The process that has socket `inode` open, from `ls -l` over the descriptor folders. */
export function pidHoldingSocket(listing: string, inode: string): number | undefined {
  let pid: number | undefined;
  for (const line of listing.split("\n")) {
    const folder = /^\/proc\/(\d+)\/fd:$/.exec(line);
    if (folder) pid = Number(folder[1]);
    else if (line.endsWith(`-> socket:[${inode}]`)) return pid;
  }
  return undefined;
}

/** Source: lsof(8), "output for other programs": one field a line, `p` process, `c` command. */
async function ownerFromLsof(port: number, run: Run): Promise<PortOwner | undefined> {
  const answer = await run(`lsof -nP -iTCP:${port} -sTCP:LISTEN -Fpc`);
  const pid = /^p(\d+)$/m.exec(answer)?.[1];
  if (pid === undefined) return undefined;
  return { pid: Number(pid), command: /^c(.+)$/m.exec(answer)?.[1] };
}

async function ownerOnWindows(port: number, run: Run): Promise<PortOwner | undefined> {
  const table = await run("netstat -ano -p TCP");
  const row = table.split("\n").map((line) => line.trim().split(/\s+/)).find((columns) =>
    columns[1]?.endsWith(`:${port}`) && columns[3] === "LISTENING"
  );
  const pid = Number(row?.[4]);
  if (!Number.isInteger(pid)) return undefined;
  const tasks = await run(`tasklist /FI "PID eq ${pid}" /FO CSV /NH`);
  return { pid, command: /^"([^"]+)"/m.exec(tasks)?.[1] };
}

async function runScript(script: string): Promise<string> {
  const [shell, ...args] = Deno.build.os === "windows"
    ? ["cmd.exe", "/d", "/c", script]
    : ["/bin/sh", "-c", script];
  const command = new Deno.Command(shell!, {
    args,
    stdin: "null",
    stderr: "null",
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    env: { LC_ALL: "C" },
  });
  return new TextDecoder().decode((await command.output()).stdout);
}
