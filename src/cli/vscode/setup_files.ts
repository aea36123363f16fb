/**
 * The files that `vscode setup` looks at and changes beside that of the Hosts.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import {
  addInclude,
  encoded,
  type FileChange,
  makeKeyPair,
  pathValue,
  readByteText,
  type SshPlaces,
} from "../../vscode/mod.ts";
import type { VscodeSetupOptions } from "../commands/vscode.ts";
import type { Context } from "../context.ts";
import { openSsh } from "./ssh.ts";

/**
 * `--identity-file` as an ssh configuration takes it.
 *
 * @throws {AppError} `usage` when it is not there.
 */
export async function readIdentityFile(
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

/** @throws {AppError} `config` when ssh itself cannot read the user's configuration. */
export async function requireReadableConfig(places: SshPlaces, context: Context): Promise<void> {
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

/** The key of every Host with `--push-key`, made once. */
export async function keyChanges(
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

export async function includeChange({ userConfig, hostFile }: SshPlaces): Promise<FileChange> {
  const before = await readByteText(userConfig);
  const after = addInclude(before ?? "", hostFile, userConfig);
  return { path: userConfig, before, after, keepsBackup: true };
}
