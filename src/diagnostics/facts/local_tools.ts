/**
 * F25: programs, files and permissions of this computer that a connection leans on.
 *
 * Everything is asked through the system's shell: the executable may run that and nothing else, and
 * `test -w` answers for files that it may not write itself.
 *
 * @module
 */

import type { LocalTools, PathProbe, SshHostEntry, ToolProbe } from "./local.ts";

/** What is asked about. */
export interface LocalToolsRequest {
  /** Ask the editor as well: its launcher takes a second to answer. */
  wantsEditor: boolean;
  /** Sessions are to go through session-manager-plugin. */
  usesPlugin: boolean;
  /** undefined where the environment names none. */
  home: string | undefined;
  /** Names that our own `Host` entries would have. */
  hostNames: readonly string[];
  /** Where the database is; it need not exist. */
  dataFolder: string;
}

/** What the reader uses of the system. */
export interface LocalToolsParts {
  /**
   * Runs a program to its end. `code` 127: there is none of that name.
   *
   * @returns undefined when this process may not run programs.
   */
  run(command: readonly string[]): Promise<{ code: number; output: string } | undefined>;
  /** undefined when there is nothing at that path, or when it may not be seen. */
  stat(path: string): Promise<{ mode: number | null; uid: number | null } | undefined>;
  /** Empty when it cannot be read. */
  readText(path: string): Promise<string>;
  uid(): number | null;
}

/** Asks for everything at once. Never rejects for what it finds. */
export async function readLocalTools(
  request: LocalToolsRequest,
  parts: LocalToolsParts = SYSTEM,
): Promise<LocalTools> {
  const sshConfigPath = `${request.home ?? ""}/.ssh/config`;
  const [ssh, vscode, vscodeRemoteSsh, plugin, sshConfig, sshText, dataFolder] = await Promise.all([
    askVersion(["ssh", "-V"], parts),
    request.wantsEditor ? askVersion(["code", "--version"], parts) : ABSENT,
    request.wantsEditor ? hasRemoteSsh(parts) : undefined,
    request.usesPlugin ? askVersion(["session-manager-plugin", "--version"], parts) : ABSENT,
    probePath(sshConfigPath, parts),
    parts.readText(sshConfigPath),
    probePath(request.dataFolder, parts),
  ]);
  const sshHosts = sshHostEntries(sshText, sshConfigPath)
    .filter(({ host }) => request.hostNames.includes(host));
  return {
    ssh,
    vscode,
    vscodeRemoteSsh,
    plugin,
    usesPlugin: request.usesPlugin,
    sshConfig,
    sshHosts,
    dataFolder,
  };
}

const ABSENT: ToolProbe = { found: false, reason: "absent" };

/**
 * Every name of every `Host` line.
 *
 * An entry is ours when its block calls `ec2-connect ssh-proxy`. Source: ssh_config(5): keywords
 * without case, `=` allowed, names in quotes allowed.
 */
export function sshHostEntries(text: string, file: string): SshHostEntry[] {
  const blocks = text.split(/^(?=[ \t]*(?:host|match)\b)/im);
  return blocks.flatMap((block) => {
    const names = /^[ \t]*host(?:[ \t]*=[ \t]*|[ \t]+)(.+)$/im.exec(block)?.[1];
    if (names === undefined) return [];
    const isOurs = /^[ \t]*proxycommand\b.*\bec2-connect\b.*\bssh-proxy\b/im.test(block);
    return names.trim().split(/\s+/).map((name) => ({
      host: name.replaceAll('"', ""),
      file,
      isOurs,
    }));
  });
}

async function askVersion(command: string[], parts: LocalToolsParts): Promise<ToolProbe> {
  const result = await parts.run(command);
  if (result === undefined) return { found: false, reason: "not_allowed_to_probe" };
  if (result.code === 127) return ABSENT;
  return { found: true, path: undefined, versionText: result.output.trim() };
}

async function hasRemoteSsh(parts: LocalToolsParts): Promise<boolean | undefined> {
  const result = await parts.run(["code", "--list-extensions"]);
  if (result?.code !== 0) return undefined;
  return /^ms-vscode-remote\.remote-ssh$/im.test(result.output);
}

/** For a path that is not there, `writable` tells whether it could be made. */
async function probePath(path: string, parts: LocalToolsParts): Promise<PathProbe> {
  const stat = await parts.stat(path);
  let existing = path;
  while (existing !== parentOf(existing) && await parts.stat(existing) === undefined) {
    existing = parentOf(existing);
  }
  const test = await parts.run(["test", "-w", existing]);
  return {
    path,
    exists: stat !== undefined,
    writable: test === undefined ? "not_allowed_to_probe" : test.code === 0,
    mode: stat?.mode == null ? undefined : stat.mode & 0o777,
    isOurs: stat?.uid == null ? undefined : stat.uid === parts.uid(),
  };
}

function parentOf(path: string): string {
  return path.replace(/[\\/]+[^\\/]*$/, "") || "/";
}

const SYSTEM: LocalToolsParts = {
  run: runInShell,
  async stat(path) {
    try {
      return await Deno.stat(path);
    } catch {
      return undefined;
    }
  },
  async readText(path) {
    try {
      return await Deno.readTextFile(path);
    } catch {
      return "";
    }
  },
  uid: () => Deno.uid(),
};

const SHELL = Deno.build.os === "windows"
  ? ["cmd.exe", "/d", "/c"] as const
  : ["/bin/sh", "-c", 'command -v "$1" >/dev/null || exit 127; exec "$@"', "sh"] as const;

/** A program that does not answer in this time is as good as silent. */
const ANSWER_TIMEOUT_MS = 5_000;

async function runInShell(
  command: readonly string[],
): Promise<{ code: number; output: string } | undefined> {
  const [shell, ...args] = SHELL;
  try {
    const { code, stdout, stderr } = await new Deno.Command(shell, {
      args: [...args, ...command],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).output();
    const decoder = new TextDecoder();
    // ssh prints its version on standard error.
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    // No shell is as good as one that may not be asked.
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
