/**
 * What goes into a Host: its names, its user, its key and its way.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import {
  chooseAlias,
  defaultUser,
  type HostBlock,
  pathValue,
  type ProxyWord,
  pushesKey,
  settingOf,
  type SshPlaces,
  type UserHosts,
  USUAL_USER,
} from "../../vscode/mod.ts";
import type { VscodeSetupOptions } from "../commands/vscode.ts";
import type { Context } from "../context.ts";
import { stableCommand } from "./own_command.ts";
import type { VscodeSetupParts } from "./setup_run.ts";
import type { Target } from "./targets.ts";

/** The name where it can be had, and the id. Tells why where it cannot. */
export function aliasesOf(
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
export async function userOf(
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

/** The key that the options name, else the one of before. */
export function keyOf(
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

/**
 * Everything that this command line chose, so that an editor with another environment gets the same.
 * Nothing secret is in it.
 */
export async function proxyWords(
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
