import assert from "node:assert/strict";
import { type AwsChoice, awsChoice } from "../../../src/cli/aws_choice.ts";
import type { AwsOptions } from "../../../src/cli/invocation.ts";
import { DEFAULT_CONFIG, type SettingOrigin } from "../../../src/config/mod.ts";

interface Case {
  options?: Partial<AwsOptions>;
  file?: { default_region?: string; profile?: string };
  ours?: { default_region?: string; profile?: string };
  env?: Record<string, string>;
  wanted: AwsChoice;
}

const CASES: Case[] = [
  { wanted: {} },
  { file: { default_region: "file" }, wanted: { fallbackRegion: "file" } },
  { file: { default_region: "file" }, env: { AWS_REGION: "sdk" }, wanted: {} },
  { file: { default_region: "file" }, env: { AWS_DEFAULT_REGION: "sdk" }, wanted: {} },
  { ours: { default_region: "ours" }, env: { AWS_REGION: "sdk" }, wanted: { region: "ours" } },
  {
    options: { region: "option" },
    ours: { default_region: "ours" },
    env: { AWS_REGION: "sdk" },
    wanted: { region: "option" },
  },
  {
    options: { region: "option" },
    file: { default_region: "file" },
    wanted: { region: "option", fallbackRegion: "file" },
  },
  { file: { profile: "file" }, wanted: { profile: "file" } },
  { file: { profile: "file" }, env: { AWS_PROFILE: "sdk" }, wanted: {} },
  { file: { profile: "file" }, env: { AWS_ACCESS_KEY_ID: "AK" }, wanted: {} },
  { ours: { profile: "ours" }, env: { AWS_PROFILE: "sdk" }, wanted: { profile: "ours" } },
  {
    options: { profile: "option", endpointUrl: "http://h" },
    ours: { profile: "ours" },
    wanted: { profile: "option", endpointUrl: "http://h" },
  },
];

Deno.test("awsChoice(): option, our environment, the SDK's environment, the file", () => {
  for (const { options, file, ours, env, wanted } of CASES) {
    const origins = new Map<string, SettingOrigin>();
    for (const name of Object.keys(file ?? {})) origins.set(`aws.${name}`, { from: "file" });
    for (const name of Object.keys(ours ?? {})) {
      origins.set(`aws.${name}`, { from: "environment", variable: "EC2_CONNECT_X" });
    }
    const config = { ...DEFAULT_CONFIG, aws: { ...DEFAULT_CONFIG.aws, ...file, ...ours } };
    const all = { profile: undefined, region: undefined, endpointUrl: undefined, ...options };
    const text = JSON.stringify({ options, file, ours, env });
    assert.deepEqual(awsChoice(all, { config, origins }, env ?? {}), wanted, text);
  }
});
