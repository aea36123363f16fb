/**
 * Which profile and which region, by the SDK's rules.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { EnvLookup } from "./contracts.ts";
import type { SharedFiles } from "./shared_files.ts";

/** What the person chose; undefined parts come from environment and files. */
export interface Choice {
  profile: string | undefined;
  region: string | undefined;
}

/** The profile that was asked for by option or `AWS_PROFILE`; undefined: the default one. */
export function chosenProfile(option: string | undefined, env: EnvLookup): string | undefined {
  return option || env("AWS_PROFILE") || undefined;
}

/**
 * Option, `AWS_REGION`, `AWS_DEFAULT_REGION`, then the profile's `region` in the shared files.
 *
 * @throws {AppError} `config` when nothing says, when the text can be no region, or when the chosen
 * profile does not exist.
 */
export async function resolveRegion(choice: Choice, env: EnvLookup): Promise<string> {
  const region = choice.region || env("AWS_REGION") || env("AWS_DEFAULT_REGION") ||
    await profileRegion(choice.profile, env);
  if (!region) {
    throw new AppError("config", "Cannot choose a region: none is set", {
      why: `No --region, AWS_REGION or AWS_DEFAULT_REGION, and profile "${
        choice.profile ?? "default"
      }" names none`,
      hint: "Add --region, set AWS_REGION, or run: aws configure set region REGION",
    });
  }
  const ofZone = /^([a-z]{2,4}(?:-[a-z]+)+-\d)[a-z]$/.exec(region)?.[1];
  if (ofZone !== undefined) {
    throw new AppError("config", `Cannot use region "${region}": it is an availability zone`, {
      hint: `Its region is ${ofZone}`,
    });
  }
  // It becomes part of a host name.
  if (!/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/.test(region)) {
    throw new AppError("config", `Cannot use region "${region}": it is no region name`, {
      hint: "Regions are written like us-east-1",
    });
  }
  return region;
}

/** @throws {AppError} `config` when the files have no profile of that name. */
export async function requireProfile(profile: string, files: SharedFiles): Promise<void> {
  if (files.config[profile] !== undefined || files.credentials[profile] !== undefined) return;
  const { profileNames } = await import("./shared_files.ts");
  const known = profileNames(files);
  throw new AppError("config", `Cannot use profile "${profile}": no such profile`, {
    why: "Neither the AWS config file nor the AWS credentials file has it",
    hint: known.length === 0
      ? "Create it with: aws configure --profile " + profile
      : `Known profiles: ${known.join(", ")}`,
  });
}

/** The region in the shared files. @throws {AppError} `config` when the profile does not exist. */
export async function profileRegion(
  profile: string | undefined,
  env: EnvLookup,
): Promise<string | undefined> {
  const { loadSharedFiles } = await import("./shared_files.ts");
  const files = await loadSharedFiles(env);
  if (profile !== undefined) await requireProfile(profile, files);
  const name = profile ?? "default";
  // As in the SDK: for the region, the credentials file comes first.
  return files.credentials[name]?.region ?? files.config[name]?.region;
}
