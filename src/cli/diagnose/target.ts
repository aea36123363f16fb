/**
 * Which instance is diagnosed, and with which parameters. What can be wrong in the command line is
 * refused here, before anything is asked of AWS.
 *
 * @module
 */

import {
  AmbiguousInstanceError,
  type Aws,
  describeSelector,
  parseSelector,
} from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import type { CheckParameters, RegionChoice } from "../../diagnostics/mod.ts";
import { partitionOf } from "../../diagnostics/mod.ts";
import { AppError } from "../../errors/mod.ts";
import type { Context } from "../context.ts";
import type { TargetOptions } from "./options.ts";

/** How long a connection is wanted when nobody says, in minutes. */
const DEFAULT_DURATION_MIN = 60;

/**
 * The id of the instance. One that is stopped is as good as any: that may be the very cause.
 *
 * @throws {AppError} `usage` for a broken id, none or several; `target` when there is none of that name.
 */
export async function diagnosedInstance(
  written: string | undefined,
  aws: Aws,
  signal: AbortSignal,
): Promise<string> {
  if (written === undefined) {
    throw new AppError("usage", "Cannot choose an instance: none is named", {
      hint: "Add -i INSTANCE: an id, a Name tag, tag:KEY=VALUE or a private address",
    });
  }
  const selector = parseSelector(written);
  if (selector.by === "id") return selector.instanceId;
  const matches = await aws.findInstances(selector, signal);
  const running = matches.filter(({ state }) => state === "running");
  const [chosen] = running.length === 1 ? running : matches;
  if (chosen === undefined) {
    throw new AppError("target", `Cannot find an instance ${describeSelector(selector)}`, {
      why: `There is none in region ${await aws.region()}`,
      hint: "Check --region and --profile, or give the instance id",
    });
  }
  if (running.length !== 1 && matches.length > 1) {
    throw new AmbiguousInstanceError(selector, matches);
  }
  return chosen.instanceId;
}

/** Refuses an id that can be none, before settings or credentials are looked at. */
export function requireWellFormed(written: string | undefined): void {
  if (written !== undefined) parseSelector(written);
}

export async function parametersFor(
  instanceId: string,
  options: TargetOptions,
  parts: { aws: Aws; settings: LoadedConfig; context: Context; region: RegionChoice },
): Promise<CheckParameters> {
  const { aws, settings, context, region } = parts;
  const { remoteHost } = options;
  const document = remoteHost === undefined
    ? "AWS-StartPortForwardingSession"
    : "AWS-StartPortForwardingSessionToRemoteHost";
  return {
    instanceId,
    isHybrid: instanceId.startsWith("mi-"),
    region: region.name,
    isRegionExplicit: region.source === "flag",
    partition: partitionOf(region.name),
    profile: aws.profile,
    isProfileExplicit: options.aws.profile !== undefined,
    connection: remoteHost === undefined ? "port" : "remote_host",
    document,
    localPort: options.localPort,
    remotePort: options.remotePort,
    remoteHost,
    nowMs: context.io.clock.epochMs(),
    expectedDurationMin: options.expectedDurationMin ?? DEFAULT_DURATION_MIN,
    expectedIdleMin: options.expectedIdleMin,
    keepsAlive: true,
    expectedAccountId: settings.config.aws.expected_account_id,
    maxSessionsPerInstance: settings.config.session.max_sessions_per_instance,
    searchRegions: options.searchRegions,
    endpointOverride: await aws.endpointOverride("SSM"),
    wantsMultiplexing: true,
    localTools: "none",
    os: context.io.os,
  };
}

/** The Region, and what named it. @throws {AppError} `config` when nothing does. */
export async function regionChoice(
  options: TargetOptions,
  parts: { aws: Aws; settings: LoadedConfig; context: Context },
): Promise<RegionChoice> {
  const { aws, settings, context } = parts;
  const name = await aws.region();
  const { env } = context.io;
  const profileRegion = await aws.profileRegion();
  const isOurVariable = settings.origins.get("aws.default_region")?.from === "environment";
  const source: RegionChoice["source"] = options.aws.region !== undefined
    ? "flag"
    : isOurVariable
    ? "EC2_CONNECT_AWS_REGION"
    : env["AWS_REGION"]
    ? "AWS_REGION"
    : env["AWS_DEFAULT_REGION"]
    ? "AWS_DEFAULT_REGION"
    : profileRegion !== undefined
    ? "profile"
    : "config";
  return { name, source, profileRegion };
}
