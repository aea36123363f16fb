/**
 * What AWS may refuse, through the command: each with its kind, exit code, cause and way out.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fault } from "../../src/sandbox/mod.ts";
import { jsonError, World } from "./_world.ts";

interface Case {
  fault?: Fault;
  env?: Record<string, string>;
  /** Options beside the instance. */
  args?: string[];
  /** A Name, looked up first; else the id of `web-1`. */
  name?: string;
  kind: string;
  code: number;
  message: RegExp;
  hint: RegExp;
}

const apiError = (code: string): Fault => ({ fault: "api_error", code });
const KEYS = /Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY/;

const CASES: readonly Case[] = [
  {
    fault: apiError("UnauthorizedOperation"),
    name: "web-1",
    kind: "auth",
    code: 4,
    message: /: not allowed: ec2:DescribeInstances$/,
    hint: /allows ec2:DescribeInstances/,
  },
  {
    fault: apiError("AccessDeniedException"),
    kind: "auth",
    code: 4,
    message: /: not allowed: ssm:StartSession$/,
    hint: /allows ssm:StartSession/,
  },
  {
    env: { AWS_SECRET_ACCESS_KEY: "another" },
    kind: "auth",
    code: 4,
    message: /: AWS rejects the signature$/,
    hint: KEYS,
  },
  {
    env: { AWS_ACCESS_KEY_ID: "AKIDUNKNOWN" },
    name: "web-1",
    kind: "auth",
    code: 4,
    message: /: AWS could not validate the credentials$/,
    hint: KEYS,
  },
  {
    fault: { fault: "expire_credentials", user_key: true },
    kind: "auth",
    code: 4,
    message: /: the credentials have expired$/,
    hint: /^Renew /,
  },
  {
    fault: apiError("InvalidInstanceId"),
    kind: "target",
    code: 3,
    message: /: no such instance in region us-east-1$/,
    hint: /--region/,
  },
  {
    fault: apiError("TargetNotConnected"),
    kind: "target",
    code: 3,
    message: / is not connected$/,
    hint: /describe-instance-information/,
  },
  {
    args: ["--region", "eu-west-1"],
    kind: "target",
    code: 3,
    message: /: there is none with id i-\w+ \(region eu-west-1, /,
    hint: /--region/,
  },
  {
    fault: apiError("ThrottlingException"),
    kind: "resource",
    code: 5,
    message: /: AWS limits the rate of requests$/,
    hint: /^Wait/,
  },
  {
    fault: apiError("ServiceQuotaExceededException"),
    kind: "resource",
    code: 5,
    message: /: a limit of the account is reached$/,
    hint: /quota/,
  },
  {
    args: ["--profile", "nobody"],
    kind: "config",
    code: 2,
    message: /^Cannot use profile "nobody": no such profile$/,
    hint: /aws configure --profile nobody/,
  },
];

async function check({ fault, env, args = [], name, ...wanted }: Case): Promise<void> {
  await using world = await World.open();
  if (fault !== undefined) world.sandbox.faults.apply(fault);
  const instance = name ?? world.instanceId("web-1");
  const result = await world.run(["connect", instance, ...args, "--format", "json"], env);
  const error = jsonError(result);
  assert.deepEqual([result.code, error.kind, error.exit_code], [
    wanted.code,
    wanted.kind,
    wanted.code,
  ]);
  assert.match(error.message, wanted.message);
  assert.ok(error.cause !== null && error.cause !== "", result.stderr);
  assert.match(error.hint ?? "", wanted.hint);
  // Whatever went wrong, nobody reads the secret.
  assert.ok(!result.stderr.includes(world.sandbox.credentials.secretAccessKey));
}

Deno.test("every refusal of AWS has a kind, an exit code, a cause and a way out", async () => {
  for (let at = 0; at < CASES.length; at += 4) {
    await Promise.all(CASES.slice(at, at + 4).map(check));
  }
});

Deno.test("a clock that is an hour off does not matter", async () => {
  for (const ms of [3_600_000, -3_600_000]) {
    await using world = await World.open();
    world.sandbox.faults.apply({ fault: "clock_skew", ms });
    const { code, stderr } = await world.run(["connect", "web-1", "--", "true"]);
    assert.equal(code, 0, stderr);
  }
});
