/**
 * `vscode cleanup`: takes out one Host, or all that `vscode setup` has put in.
 *
 * @module
 */
import {
  type ByteText,
  type FileChange,
  type HostBlock,
  pushesKey,
  readByteText,
  readHostFile,
  removeInclude,
  type SshPlaces,
  sshPlaces,
  withoutBlock,
  withoutKnownHost,
} from "../../vscode/mod.ts";
import type { VscodeCleanupOptions } from "../commands/vscode.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { changeLines, hasChanged, lockChanges, makeChanges } from "./changes.ts";
import { findHost, noSuchHost } from "./find_host.ts";

/** @returns 0, also when there was nothing to take out. */
export async function runVscodeCleanup(
  options: VscodeCleanupOptions,
  context: Context,
): Promise<number> {
  const { target, isDryRun, output } = options;
  const places = sshPlaces(context.io);
  using _lock = await lockChanges(context, isDryRun);
  const hostFile = await readByteText(places.hostFile);
  const blocks = readHostFile(hostFile);
  const block = target === undefined ? undefined : await findHost(target, blocks, context);
  if (target !== undefined && block === undefined) throw noSuchHost(target, blocks);
  const rest = block === undefined ? undefined : withoutBlock(hostFile!, block.instanceId);
  const changes = rest === undefined
    ? await changesOfAll(places, hostFile)
    : await changesOfOne(places, { hostFile, rest, block: block! });
  const told = await makeChanges(changes, { isDryRun, context });
  const gone = block === undefined ? blocks : [block];
  await writeResult(
    {
      schema: "vscode-cleanup",
      value: {
        dry_run: isDryRun,
        changed: hasChanged(told),
        hosts: gone.map(({ aliases, instanceId }) => ({
          host: aliases[0],
          aliases,
          instance_id: instanceId,
        })),
        files: told,
      },
      text: () => {
        if (!hasChanged(told)) return ["Nothing to change: nothing is set up"];
        const lines = changeLines(told, { isDryRun, places });
        const names = gone.map(({ aliases }) => aliases[0]).join(", ");
        return isDryRun
          ? ["This would change:", ...lines]
          : [...(names === "" ? [] : [`Taken out: ${names}`]), ...lines];
      },
    },
    context,
    output,
  );
  return 0;
}

async function changesOfAll(
  { userConfig, hostFile: path, knownHosts, privateKey }: SshPlaces,
  hostFile: ByteText | undefined,
): Promise<FileChange[]> {
  const config = await readByteText(userConfig);
  const left = config === undefined ? undefined : removeInclude(config, path);
  // What holds nothing now was made by the setup; a link is somebody's own.
  const isOurs = left === "" && config !== "" && !await isLink(userConfig);
  const removed = await Promise.all(
    [knownHosts, `${knownHosts}.old`].map(async (path): Promise<FileChange> => ({
      path,
      before: await readByteText(path),
      after: undefined,
    })),
  );
  return [
    // First: an Include must not lead to what is gone.
    { path: userConfig, before: config, after: isOurs ? undefined : left, keepsBackup: true },
    { path, before: hostFile, after: undefined },
    ...removed,
    ...await keyChanges(privateKey),
  ];
}

async function changesOfOne(
  places: SshPlaces,
  { hostFile, rest, block }: { hostFile: ByteText | undefined; rest: ByteText; block: HostBlock },
): Promise<FileChange[]> {
  const known = await readByteText(places.knownHosts);
  const needsKey = readHostFile(rest).some(pushesKey);
  return [
    { path: places.hostFile, before: hostFile, after: rest },
    {
      path: places.knownHosts,
      before: known,
      after: known && withoutKnownHost(known, block.instanceId),
    },
    ...needsKey ? [] : await keyChanges(places.privateKey),
  ];
}

async function keyChanges(privateKey: string): Promise<FileChange[]> {
  return await Promise.all([privateKey, `${privateKey}.pub`].map(async (path) => ({
    path,
    before: await readByteText(path),
    after: undefined,
    isSecret: true,
  })));
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch {
    return false;
  }
}
