/**
 * `vscode setup`: Hosts for instances, in a file that the user's ssh configuration includes.
 *
 * @module
 */
import type { CredentialOrigin } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import { AppError } from "../../errors/mod.ts";
import {
  addInclude,
  chooseAlias,
  defaultUser,
  encoded,
  type FileChange,
  type HostBlock,
  hostBlock,
  makeKeyPair,
  pathValue,
  proxyCommand,
  type ProxyWord,
  readByteText,
  readHostFile,
  type SshPlaces,
  sshPlaces,
  UserHosts,
  USUAL_USER,
  withBlock,
} from "../../vscode/mod.ts";
import type { VscodeSetupOptions } from "../commands/vscode.ts";
import { type Context, loadSettings } from "../context.ts";
import { createVscodeSetupParts } from "../factory.ts";
import { type ChoosingParts, requireInstance } from "../pick/choose_instance.ts";
import { writeResult } from "../result.ts";
import { hasChanged, lockChanges, makeChanges } from "./changes.ts";
import { stableCommand } from "./own_command.ts";
import { type SetUpHost, setupLines } from "./setup_text.ts";
import { openSsh } from "./ssh.ts";
import { chooseTargets, type Target } from "./targets.ts";

/** What the command is made of. Tests hand in others. */
export interface VscodeSetupParts extends ChoosingParts, Disposable {
  platformName(instanceId: string, signal: AbortSignal): Promise<string | undefined>;
  credentialOrigin(): Promise<CredentialOrigin>;
}

export type CreateVscodeSetupParts = (
  options: VscodeSetupOptions,
  settings: LoadedConfig,
  context: Context,
) => VscodeSetupParts | Promise<VscodeSetupParts>;

/** @returns 0, also when there was nothing to change. */
export async function runVscodeSetup(
  options: VscodeSetupOptions,
  context: Context,
  createParts: CreateVscodeSetupParts = createVscodeSetupParts,
): Promise<number> {
  if (options.instances.length === 0) requireInstance(undefined, context);
  const places = sshPlaces(context.io);
  const identityFile = await readIdentityFile(options, places);
  const settings = await loadSettings(context);
  using parts = await createParts(options, settings, context);
  await requireReadableConfig(places, context);
  const targets = await chooseTargets(options.instances, { parts, context });
  using _lock = await lockChanges(context, options.isDryRun);
  const userHosts = await UserHosts.read(places.userConfig, {
    home: places.home,
    except: places.hostFile,
  });
  const before = await readByteText(places.hostFile);
  const words = await proxyWords(options, { parts, context });
  const hosts: SetUpHost[] = [];
  let after = before;
  for (const target of targets) {
    const aliases = aliasesOf(target, { userHosts, blocks: readHostFile(after), context });
    const user = await userOf(target, aliases, { options, userHosts, parts, context });
    const block = hostBlock({
      aliases,
      instanceId: target.instanceId,
      user,
      identityFile,
      knownHostsFile: pathValue(places.knownHosts, context.io.os),
      proxyCommand: proxyCommand(words(places), context.io.os),
    });
    after = withBlock(after, block);
    hosts.push({ aliases, target, user: user ?? userHosts.userOf(aliases) });
  }
  const changes = [
    ...(options.pushKey ? await keyChanges(places, options.isDryRun) : []),
    { path: places.hostFile, before, after },
    await includeChange(places),
  ];
  const told = await makeChanges(changes, { isDryRun: options.isDryRun, context });
  await warnAboutCredentials(parts, context);
  await writeResult(
    {
      schema: "vscode-setup",
      value: {
        dry_run: options.isDryRun,
        changed: hasChanged(told),
        hosts: hosts.map(({ aliases, target, user }) => ({
          host: aliases[0],
          aliases,
          instance_id: target.instanceId,
          instance_name: target.name ?? null,
          user: user ?? null,
          push_key: options.pushKey,
        })),
        files: told,
      },
      text: () => setupLines({ hosts, told, places, isDryRun: options.isDryRun }),
    },
    context,
    options.output,
  );
  return 0;
}

async function readIdentityFile(
  { identityFile, pushKey }: VscodeSetupOptions,
  { home, privateKey }: SshPlaces,
): Promise<string | undefined> {
  if (pushKey) return pathValue(privateKey, Deno.build.os);
  if (identityFile === undefined) return undefined;
  const { resolve } = await import("node:path");
  const path = resolve(identityFile.replace(/^~(?=[\\/])/, home));
  try {
    if ((await Deno.stat(path)).isFile) return pathValue(path, Deno.build.os);
  } catch {
    // Said below.
  }
  throw new AppError("usage", `Cannot use the key ${identityFile}: it is not there`, {
    hint: "Name the private key, or let one be made with --push-key",
  });
}

/** @throws {AppError} `config` when ssh itself cannot read the user's configuration. */
async function requireReadableConfig(places: SshPlaces, context: Context): Promise<void> {
  if (await readByteText(places.userConfig) === undefined) return;
  const ssh = await openSsh(places, context);
  if (await ssh.version() === undefined) return;
  const settings = await ssh.settings("ec2-connect");
  if (typeof settings !== "string") return;
  throw new AppError("config", `Cannot add to ${places.userConfig}: ssh cannot read it`, {
    why: settings,
    hint: "Correct that; the file is left as it is",
  });
}

/** The name where it can be had, and the id. Tells why where it cannot. */
function aliasesOf(
  target: Target,
  { userHosts, blocks, context }: {
    userHosts: UserHosts;
    blocks: readonly HostBlock[];
    context: Context;
  },
): string[] {
  const { instanceId, name } = target;
  if (userHosts.namesExactly(instanceId)) {
    throw new AppError(
      "config",
      `Cannot set up ${instanceId}: your ssh configuration has that Host`,
      {
        why: "Ours would come before it and change what you wrote",
        hint: `Remove the line "Host ${instanceId}" and what belongs to it, or leave it as it is`,
      },
    );
  }
  const others = blocks.filter((block) => block.instanceId !== instanceId);
  const isOthers = (alias: string) =>
    others.some(({ aliases }) =>
      aliases.some((each) => each.toLowerCase() === alias.toLowerCase())
    );
  const isTaken = (alias: string) => isOthers(alias) || userHosts.names(alias);
  const { alias, refused } = chooseAlias({ instanceId, name }, isTaken);
  if (refused !== undefined) {
    const why = userHosts.names(refused)
      ? "your ssh configuration has a Host of that name, which stays as it is"
      : isOthers(refused)
      ? "another instance has it"
      : "it means this computer";
    context.reporter.warn(`The name ${refused} is not used for ${instanceId}: ${why}`);
  }
  return alias === undefined ? [instanceId] : [alias, instanceId];
}

/** @returns Undefined where the rest of the user's configuration names one. */
async function userOf(
  { instanceId, isWindows }: Target,
  aliases: readonly string[],
  { options, userHosts, parts, context }: {
    options: VscodeSetupOptions;
    userHosts: UserHosts;
    parts: VscodeSetupParts;
    context: Context;
  },
): Promise<string | undefined> {
  if (options.user !== undefined) return options.user;
  if (userHosts.userOf(aliases) !== undefined) return undefined;
  if (isWindows) return defaultUser("Windows");
  const guess = (why: string) => {
    context.reporter.warn(
      `The user of ${instanceId} is taken to be ${USUAL_USER}: ${why}`,
      "Name another with --user",
    );
    return USUAL_USER;
  };
  try {
    const platform = await parts.platformName(instanceId, context.stop.signal);
    if (platform === undefined) return guess("its agent is not online, so its system is not known");
    return defaultUser(platform) ?? guess(`its system, ${platform}, has no usual one`);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "auth") throw error;
    return guess(error.message);
  }
}

/**
 * Everything that this command line chose, so that an editor with another environment gets the same.
 * Nothing secret is in it.
 */
async function proxyWords(
  { aws, pushKey }: VscodeSetupOptions,
  { parts, context }: { parts: VscodeSetupParts; context: Context },
): Promise<(places: SshPlaces) => ProxyWord[]> {
  const { io, globals } = context;
  const command = await stableCommand(io);
  const region = await parts.instances.region();
  const { profile } = parts.instances;
  const endpointUrl = aws.endpointUrl ?? io.env["AWS_ENDPOINT_URL"];
  const { resolve } = await import("node:path");
  const configPath = globals.configPath ?? io.env["EC2_CONNECT_CONFIG"];
  return ({ privateKey }) => [
    ...command,
    ...(configPath ? ["--config", resolve(configPath)] : []),
    ...["ssh-proxy", { token: "%h" }, { token: "%p" }] as const,
    ...(profile === undefined ? [] : ["--profile", profile]),
    ...["--region", region],
    ...(endpointUrl ? ["--endpoint-url", endpointUrl] : []),
    ...(pushKey ? ["--push-key", `${privateKey}.pub`, "--user", { token: "%r" }] as const : []),
  ];
}

/** The key of every Host with `--push-key`, made once. */
async function keyChanges(
  { privateKey }: SshPlaces,
  isDryRun: boolean,
): Promise<FileChange[]> {
  const publicKey = `${privateKey}.pub`;
  const before = {
    privateKey: await readByteText(privateKey),
    publicKey: await readByteText(publicKey),
  };
  if (before.privateKey !== undefined && before.publicKey !== undefined) return [];
  const pair = isDryRun
    ? { privateKey: "a fresh key", publicKey: "a fresh key" }
    : makeKeyPair("ec2-connect");
  return [
    {
      path: privateKey,
      before: before.privateKey,
      after: encoded(pair.privateKey),
      isSecret: true,
    },
    { path: publicKey, before: before.publicKey, after: encoded(pair.publicKey), isSecret: true },
  ];
}

async function includeChange({ userConfig, hostFile }: SshPlaces): Promise<FileChange> {
  const before = await readByteText(userConfig);
  const after = addInclude(before ?? "", hostFile, userConfig);
  return { path: userConfig, before, after, keepsBackup: true };
}

async function warnAboutCredentials(parts: VscodeSetupParts, context: Context): Promise<void> {
  const { provider } = await parts.credentialOrigin();
  if (provider !== "environment") return;
  context.reporter.warn(
    "The credentials are in this terminal's environment, where an editor that is started " +
      "elsewhere does not see them",
    "Put them into a profile and run this with --profile NAME, or start the editor from here",
  );
}
