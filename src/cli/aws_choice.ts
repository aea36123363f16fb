/**
 * Which profile, region and endpoint the AWS folder is told.
 *
 * What the SDK's own environment variables say is left to that folder; here it is only decided
 * whether our own settings come before or after them.
 *
 * @module
 */

import type { AwsOptions } from "./invocation.ts";

export interface AwsChoice {
  profile?: string;
  region?: string;
  endpointUrl?: string;
  /** Region for when the above, the SDK's variables and the profile all name none. */
  fallbackRegion?: string;
}

/** What it takes of the settings. */
interface AwsSettings {
  config: { aws: { default_region?: string | undefined; profile?: string | undefined } };
  origins: ReadonlyMap<string, { from: "file" | "environment" }>;
}

/**
 * Profile: option, `EC2_CONNECT_AWS_PROFILE`, the SDK's variables, the configuration file. Region:
 * option, `EC2_CONNECT_AWS_REGION`, the SDK's variables, the profile's, the configuration file's
 * `default_region`.
 *
 * A choice is left out where the SDK's variables or files make it.
 */
export function awsChoice(
  options: AwsOptions,
  settings: AwsSettings,
  env: Readonly<Record<string, string | undefined>>,
): AwsChoice {
  const { default_region, profile } = settings.config.aws;
  const isFromEnvironment = (name: string) => settings.origins.get(name)?.from === "environment";
  const hasEnvironmentRegion = isFromEnvironment("aws.default_region");
  // Keys in the environment are as good as a profile there: one of the file must not beat them.
  const hasSdkProfile = Boolean(env["AWS_PROFILE"] || env["AWS_ACCESS_KEY_ID"]);
  const hasSdkRegion = Boolean(env["AWS_REGION"] || env["AWS_DEFAULT_REGION"]);
  return withoutUndefined({
    profile: options.profile ??
      (isFromEnvironment("aws.profile") || !hasSdkProfile ? profile : undefined),
    region: options.region ?? (hasEnvironmentRegion ? default_region : undefined),
    endpointUrl: options.endpointUrl,
    fallbackRegion: hasEnvironmentRegion || hasSdkRegion ? undefined : default_region,
  });
}

function withoutUndefined(choice: { [Name in keyof AwsChoice]: string | undefined }): AwsChoice {
  return Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined));
}
