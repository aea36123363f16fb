/**
 * `vscode status`: editors, ssh, and the Hosts that are set up.
 *
 * @module
 */
import {
  type Editor,
  findEditors,
  hasInclude,
  type HostBlock,
  proxyCommand,
  pushesKey,
  readByteText,
  readHostFile,
  settingOf,
  type SshPlaces,
  sshPlaces,
  type SshVersion,
} from "../../vscode/mod.ts";
import type { VscodeStatusOptions } from "../commands/vscode.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { tableLines } from "../table.ts";
import { shortPath } from "./changes.ts";
import { stableCommand } from "./own_command.ts";
import { notRead, openSsh } from "./ssh.ts";

interface ShownHost {
  block: HostBlock;
  user: string | undefined;
  pushesKey: boolean;
  /** Its ProxyCommand starts the program that runs now. */
  isCurrent: boolean;
}

interface Found {
  editors: readonly Editor[];
  ssh: SshVersion | undefined;
  isIncluded: boolean;
  hosts: readonly ShownHost[];
  knowsHosts: boolean;
  /** ssh finds the configuration by itself. */
  isReadBySsh: boolean;
}

/** @returns 0 */
export async function runVscodeStatus(
  { output }: VscodeStatusOptions,
  context: Context,
): Promise<number> {
  const { io } = context;
  const places = sshPlaces(io);
  const config = await readByteText(places.userConfig);
  const blocks = readHostFile(await readByteText(places.hostFile));
  const command = proxyCommand(await stableCommand(io), io.os);
  const client = await openSsh(places, context);
  const [editors, ssh] = await Promise.all([findEditors(io), client.version()]);
  const found: Found = {
    editors,
    ssh,
    isIncluded: config !== undefined && hasInclude(config, places.hostFile, places.userConfig),
    hosts: blocks.map((block) => shown(block, command)),
    knowsHosts: await readByteText(places.knownHosts) !== undefined,
    isReadBySsh: client.configArgs.length === 0,
  };
  await writeResult(
    {
      schema: "vscode-status",
      value: statusFields(found, places),
      text: () => statusLines(found, places, io.terminal.stdout ? io.columns() : undefined),
    },
    context,
    output,
  );
  return 0;
}

function shown(block: HostBlock, command: string): ShownHost {
  return {
    block,
    user: settingOf(block, "User"),
    pushesKey: pushesKey(block),
    isCurrent: settingOf(block, "ProxyCommand")?.startsWith(`${command} `) ?? false,
  };
}

function statusFields(
  { editors, ssh, isIncluded, hosts, knowsHosts, isReadBySsh }: Found,
  { userConfig, hostFile, knownHosts }: SshPlaces,
): Record<string, unknown> {
  return {
    editors: editors.map(({ id, name, path, remoteSsh }) => ({
      id,
      name,
      path,
      remote_ssh: remoteSsh === undefined
        ? null
        : { id: remoteSsh.id, version: remoteSsh.version ?? null },
    })),
    ssh: ssh === undefined ? null : { version: ssh.text, supported: ssh.isRecent },
    config: {
      path: userConfig,
      host_file: hostFile,
      included: isIncluded,
      read_by_ssh: isReadBySsh,
    },
    known_hosts: knowsHosts ? knownHosts : null,
    hosts: hosts.map(({ block, user, pushesKey, isCurrent }) => ({
      host: block.aliases[0],
      aliases: block.aliases,
      instance_id: block.instanceId,
      user: user ?? null,
      push_key: pushesKey,
      current: isCurrent,
    })),
  };
}

function statusLines(
  { editors, ssh, isIncluded, hosts, isReadBySsh }: Found,
  places: SshPlaces,
  width: number | undefined,
): string[] {
  const lines = editors.length === 0
    ? ["Editor:  none found (code, code-insiders, codium, cursor); ssh works without one"]
    : editors.flatMap(({ name, path, remoteSsh }) => [
      `Editor:  ${name} (${shortPath(path, places)})`,
      remoteSsh === undefined
        ? "         Remote-SSH is not installed: install the extension in the editor"
        : `         Remote-SSH: ${remoteSsh.id} ${remoteSsh.version ?? ""}`.trimEnd(),
    ]);
  lines.push(
    ssh === undefined
      ? "ssh:     not found: install OpenSSH's client"
      : `ssh:     ${ssh.text}${ssh.isRecent ? "" : ", too old: 7.6 or later is needed"}`,
  );
  const [config, file] = [places.userConfig, places.hostFile].map((path) =>
    shortPath(path, places)
  );
  if (hosts.length === 0) {
    return [...lines, "Hosts:   none. Set one up: ec2-connect vscode setup INSTANCE"];
  }
  if (!isReadBySsh) lines.push(`         ${notRead(places)}`);
  lines.push(
    isIncluded
      ? `Config:  ${config} includes ${file}`
      : `Config:  ${config} does not include ${file} for every host: run vscode setup again`,
    "",
    ...tableLines(
      [
        { title: "HOST", cutTo: 12 },
        { title: "INSTANCE", cutTo: 10 },
        { title: "USER", cutTo: 8 },
        { title: "KEY" },
        {
          title: "STATE",
        },
      ],
      hosts.map(({ block, user, pushesKey, isCurrent }) => [
        block.aliases[0]!,
        block.instanceId,
        user ?? "-",
        pushesKey ? "sent" : "own",
        isCurrent ? "current" : "outdated",
      ]),
      width,
    ),
  );
  const outdated = hosts.filter(({ isCurrent }) => !isCurrent);
  if (outdated.length > 0) {
    lines.push(
      "",
      "Outdated ones start another ec2-connect than this. To write one anew:",
      `  ec2-connect vscode setup ${outdated[0]!.block.instanceId}`,
    );
  }
  return lines;
}
