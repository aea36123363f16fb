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
  findEditors,
  type HostBlock,
  hostBlock,
  makeKeyPair,
  pathValue,
  proxyCommand,
  type ProxyWord,
  pushesKey,
  readByteText,
  readHostFile,
  settingOf,
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
import { notRead, openSsh } from "./ssh.ts";
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
  const words = await proxyWords(options, { parts, context, places });
  const hosts: SetUpHost[] = [];
  let after = before;
  for (const target of targets) {
    const aliases = aliasesOf(target, { userHosts, blocks: readHostFile(after), context });
    // What is not said anew stays as it was set up.
    const old = readHostFile(after).find(({ instanceId }) => instanceId === target.instanceId);
    const key = keyOf(old, { options, identityFile, places });
    const user = options.user ?? (old && settingOf(old, "User")) ??
      await userOf(target, aliases, { userHosts, parts, context });
    if (key.isPushed && target.isWindows) {
      context.reporter.warn(
        `EC2 Instance Connect sends no keys to Windows, which ${target.instanceId} is`,
        "Use a key that its ssh server knows: --identity-file",
      );
    }
    const block = hostBlock({
      aliases,
      instanceId: target.instanceId,
      user,
      identityFile: key.identityFile,
      knownHostsFile: pathValue(places.knownHosts, context.io.os),
      proxyCommand: proxyCommand(words(key.isPushed), context.io.os),
    });
    after = withBlock(after, block);
    hosts.push({
      aliases,
      target,
      user: user ?? userHosts.userOf(aliases),
      isKeyPushed: key.isPushed,
    });
  }
  const changes = [
    ...(hosts.some(({ isKeyPushed }) => isKeyPushed)
      ? await keyChanges(places, options.isDryRun)
      : []),
    { path: places.hostFile, before, after },
    await includeChange(places),
  ];
  const told = await makeChanges(changes, { isDryRun: options.isDryRun, context });
  await warnAboutCredentials(parts, context);
  if (!options.isDryRun && (await openSsh(places, context)).configArgs.length > 0) {
    context.reporter.warn(notRead(places));
  }
  const editors = await findEditors(context.io);
  await writeResult(
    {
      schema: "vscode-setup",
      value: {
        dry_run: options.isDryRun,
        changed: hasChanged(told),
        hosts: hosts.map(({ aliases, target, user, isKeyPushed }) => ({
          host: aliases[0],
          aliases,
          instance_id: target.instanceId,
          instance_name: target.name ?? null,
          user: user ?? null,
          push_key: isKeyPushed,
        })),
        files: told,
      },
      text: () => setupLines({ hosts, told, places, editors, isDryRun: options.isDryRun }),
    },
    context,
    options.output,
  );
  return 0;
}

async function readIdentityFile(
  { identityFile }: VscodeSetupOptions,
  { home }: SshPlaces,
): Promise<string | undefined> {
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

/** The key that the options name, else the one of before. */
function keyOf(
  old: HostBlock | undefined,
  { options, identityFile, places }: {
    options: VscodeSetupOptions;
    identityFile: string | undefined;
    places: SshPlaces;
  },
): { identityFile: string | undefined; isPushed: boolean } {
  if (identityFile !== undefined) return { identityFile, isPushed: false };
  const isPushed = options.pushKey || (old !== undefined && pushesKey(old));
  if (isPushed) return { identityFile: pathValue(places.privateKey, Deno.build.os), isPushed };
  return { identityFile: old && settingOf(old, "IdentityFile"), isPushed };
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
  { userHosts, parts, context }: {
    userHosts: UserHosts;
    parts: VscodeSetupParts;
    context: Context;
  },
): Promise<string | undefined> {
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
  { aws }: VscodeSetupOptions,
  { parts, context, places }: { parts: VscodeSetupParts; context: Context; places: SshPlaces },
): Promise<(pushesKey: boolean) => ProxyWord[]> {
  const { io, globals } = context;
  const command = await stableCommand(io);
  const region = await parts.instances.region();
  const { profile } = parts.instances;
  const endpointUrl = aws.endpointUrl ?? io.env["AWS_ENDPOINT_URL"];
  const { resolve } = await import("node:path");
  const configPath = globals.configPath ?? io.env["EC2_CONNECT_CONFIG"];
  const { privateKey } = places;
  return (pushesKey) => [
    ...command,
    ...(configPath ? ["--config", resolve(configPath)] : []),
    ...["ssh-proxy", { token: "%h" }, { token: "%p" }] as const,
    ...(profile === undefined ? [] : ["--profile", profile]),
    ...["--region", region],
    ...(endpointUrl ? ["--endpoint-url", endpointUrl] : []),
    ...(pushesKey ? ["--push-key", `${privateKey}.pub`, "--user", { token: "%r" }] as const : []),
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
