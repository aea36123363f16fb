/**
 * `vscode setup`: Hosts for instances, in a file that the user's ssh configuration includes.
 *
 * @module
 */
import type { CredentialOrigin } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import {
  findEditors,
  hostBlock,
  pathValue,
  proxyCommand,
  readByteText,
  readHostFile,
  settingOf,
  sshPlaces,
  UserHosts,
  withBlock,
} from "../../vscode/mod.ts";
import type { VscodeSetupOptions } from "../commands/vscode.ts";
import { type Context, loadSettings } from "../context.ts";
import { createVscodeSetupParts } from "../factory.ts";
import { type ChoosingParts, requireInstance } from "../pick/choose_instance.ts";
import { writeResult } from "../result.ts";
import { hasChanged, lockChanges, makeChanges } from "./changes.ts";
import { aliasesOf, keyOf, proxyWords, userOf } from "./host_settings.ts";
import {
  includeChange,
  keyChanges,
  readIdentityFile,
  requireReadableConfig,
} from "./setup_files.ts";
import { type SetUpHost, setupLines } from "./setup_text.ts";
import { notRead, openSsh } from "./ssh.ts";
import { chooseTargets } from "./targets.ts";

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

async function warnAboutCredentials(parts: VscodeSetupParts, context: Context): Promise<void> {
  const { provider } = await parts.credentialOrigin();
  if (provider !== "environment") return;
  context.reporter.warn(
    "The credentials are in this terminal's environment, where an editor that is started " +
      "elsewhere does not see them",
    "Put them into a profile and run this with --profile NAME, or start the editor from here",
  );
}
