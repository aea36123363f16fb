/**
 * What `config test` tries, in its order: from the file to what AWS says of the credentials.
 *
 * @module
 */

import type { Aws } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { stateFolder } from "../../platform/mod.ts";
import { databasePath } from "../../storage/mod.ts";
import type { ConfigTestOptions } from "../commands/config.ts";
import { type Context, loadSettings } from "../context.ts";
import { disabledChecks } from "../diagnose/items.ts";
import { createAws } from "../factory.ts";
import { doubtAboutRegion } from "./region_names.ts";
import { requireUsableFile, requireUsableFolder } from "./usable_path.ts";

/** One thing to try. */
export interface Trial {
  name: string;
  /** Names of trials that must have succeeded before. */
  needs: readonly string[];
  /** What was found, in a line. @throws {AppError} What is wrong, and the way out. */
  run(): Promise<string>;
}

/** The trials. They share what they find, so they run in their order. */
export function trials(
  options: ConfigTestOptions,
  context: Context,
): Disposable & { trials: Trial[] } {
  const { io } = context;
  let settings: LoadedConfig;
  let aws: Aws | undefined;
  const loaded = async () => settings ??= await loadSettings(context);
  const opened = async () => aws ??= await createAws(options.aws, await loaded(), context);
  const list: Trial[] = [
    {
      name: "settings",
      needs: [],
      run: async () => {
        const { file, origins, config } = await loaded();
        disabledChecks(config.diagnostics.checks, file);
        const made = [...origins.values()];
        const fromEnvironment = made.filter(({ from }) => from === "environment").length;
        const counts = [
          ...file === undefined ? [] : [`${made.length - fromEnvironment} from the file`],
          ...fromEnvironment === 0 ? [] : [`${fromEnvironment} from the environment`],
        ];
        return `${file ?? "no file"}: ${counts.join(", ") || "the defaults count"}`;
      },
    },
    {
      name: "database",
      needs: ["settings"],
      run: async () => {
        const path = databasePath((await loaded()).config.database.path, io);
        await requireUsableFile(path, "database.path or EC2_CONNECT_DATABASE");
        return path;
      },
    },
    {
      name: "state folder",
      needs: ["settings"],
      run: async () => {
        const folder = stateFolder(io);
        if (folder !== undefined) {
          await requireUsableFolder(folder, "XDG_STATE_HOME");
          return folder;
        }
        throw new AppError("config", "Cannot keep state: the environment names no home folder", {
          hint: "Set HOME",
        });
      },
    },
    {
      name: "profile",
      needs: ["settings"],
      run: async () => {
        const { profile } = await opened();
        // Looks the profile up, and throws where there is none of that name.
        await aws!.profileRegion();
        return profile === undefined ? "none chosen" : profile;
      },
    },
    {
      name: "region",
      needs: ["profile"],
      run: async () => {
        const region = await (await opened()).region();
        const origin = await regionOrigin(region, { aws: aws!, options, settings, context });
        const doubt = doubtAboutRegion(region);
        return `${region}, from ${origin}${doubt === undefined ? "" : ` (${doubt})`}`;
      },
    },
    {
      name: "presets",
      needs: ["settings"],
      run: async () => await presetsDetail(await loaded(), options, context),
    },
    {
      name: "credentials",
      needs: ["profile", "region"],
      run: async () => {
        const { expiration } = await (await opened()).credentials();
        const { provider } = await aws!.credentialOrigin();
        const from = `from ${provider.replaceAll("_", " ")}`;
        return expiration === undefined ? from : `${from}, until ${expiration.toISOString()}`;
      },
    },
    {
      name: "AWS",
      needs: ["credentials"],
      run: async () => await identityDetail(await opened(), await loaded(), context),
    },
  ];
  return { trials: list, [Symbol.dispose]: () => aws?.close() };
}

/** Who names the region: the order is that of `awsChoice`. */
async function regionOrigin(
  region: string,
  { aws, options, settings, context }: {
    aws: Aws;
    options: ConfigTestOptions;
    settings: LoadedConfig;
    context: Context;
  },
): Promise<string> {
  const { env } = context.io;
  if (options.aws.region !== undefined) return "--region";
  const origin = settings.origins.get("aws.default_region");
  if (origin?.from === "environment") return origin.variable;
  const variable = ["AWS_REGION", "AWS_DEFAULT_REGION"].find((name) => env[name]);
  if (variable !== undefined) return variable;
  if (await aws.profileRegion() === region) return `profile ${aws.profile ?? "default"}`;
  return "aws.default_region";
}

/** Profiles of presets must exist; the presets' instances are asked for when they are connected to. */
async function presetsDetail(
  settings: LoadedConfig,
  options: ConfigTestOptions,
  context: Context,
): Promise<string> {
  const { connections, groups } = settings.config;
  const names = Object.keys(connections);
  for (const [name, { profile, region }] of Object.entries(connections)) {
    if (profile === undefined && region === undefined) continue;
    const own = { ...options.aws, ...profile && { profile }, ...region && { region } };
    using aws = await createAws(own, settings, context);
    try {
      if (profile !== undefined) await aws.profileRegion();
      if (region !== undefined) await aws.region();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { kind, message, why, hint } = error;
      throw new AppError(kind, `Cannot use preset ${name}: ${message}`, {
        ...(why === undefined ? {} : { why }),
        ...(hint === undefined ? {} : { hint }),
        cause: error,
      });
    }
  }
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  if (names.length === 0) return "none";
  return `${count(names.length, "preset")}, ${count(Object.keys(groups).length, "group")}`;
}

/** Asks AWS whose the credentials are, which needs no permission. */
async function identityDetail(
  aws: Aws,
  { config }: LoadedConfig,
  { stop }: Context,
): Promise<string> {
  const { arn } = await aws.callerIdentity(stop.signal);
  const account = arn?.split(":")[4];
  const { expected_account_id: expected } = config.aws;
  if (expected !== undefined && account !== expected) {
    throw new AppError("auth", `Cannot use account ${account}: it is not the expected one`, {
      why: `aws.expected_account_id is ${expected}`,
      hint: "Choose another profile, or correct aws.expected_account_id",
    });
  }
  const endpoint = await aws.endpointOverride("STS");
  return `${arn ?? "answers"}${endpoint === undefined ? "" : `, at ${endpoint}`}`;
}
