/**
 * The AWS CLI against the sandbox's APIs: its requests, its reading of the answers, its own paging.
 * Sessions through the CLI are in `plugin_sandbox_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { missingAwsCli, testWithTools } from "../support/plugin_twin.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";

interface CliResult {
  code: number;
  // deno-lint-ignore no-explicit-any
  json: any;
  stderr: string;
}

/** Runs the CLI with nothing of this machine's AWS configuration. */
async function aws(
  test: TestSandbox,
  args: string[],
  env: Record<string, string> = {},
): Promise<CliResult> {
  const { sandbox } = test;
  const output = await new Deno.Command("aws", {
    args: [...args, "--output", "json"],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: "/nonexistent",
      AWS_ENDPOINT_URL: sandbox.endpointUrl,
      AWS_DEFAULT_REGION: sandbox.region,
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
      AWS_PAGER: "",
      ...env,
    },
    stdin: "null",
  }).output();
  const stdout = new TextDecoder().decode(output.stdout);
  return {
    code: output.code,
    json: stdout.trim() === "" ? undefined : JSON.parse(stdout),
    stderr: new TextDecoder().decode(output.stderr),
  };
}

testWithTools("sandbox, AWS CLI: EC2, IAM, KMS, SSM and STS", missingAwsCli(), async (context) => {
  await using test = await openSandbox();
  const { sandbox } = test;
  const step = (name: string, fn: () => Promise<void>) => context.step(name, fn);
  const instanceIds = (json: CliResult["json"]): string[] =>
    json.Reservations.flatMap((each: { Instances: { InstanceId: string }[] }) =>
      each.Instances.map(({ InstanceId }) => InstanceId)
    );

  await step("describe-instances walks the pages", async () => {
    const { json } = await aws(test, ["ec2", "describe-instances", "--page-size", "5"]);
    assert.deepEqual(instanceIds(json), sandbox.instances.map(({ instanceId }) => instanceId));
  });
  await step("describe-instances with filters", async () => {
    const { json } = await aws(test, [
      "ec2",
      "describe-instances",
      "--filters",
      "Name=tag:Name,Values=web-*",
      "Name=instance-state-name,Values=running",
    ]);
    assert.deepEqual(instanceIds(json), [
      test.instance("web-1").instanceId,
      test.instance("web-2").instanceId,
    ]);
    const [instance] = json.Reservations[0].Instances;
    assert.equal(instance.State.Name, "running");
    assert.equal(instance.PrivateIpAddress, test.instance("web-1").privateIp);
    assert.deepEqual(instance.Tags[0], { Key: "Name", Value: "web-1" });
  });
  await step("describe-instances of an unknown id", async () => {
    const { code, stderr } = await aws(test, [
      "ec2",
      "describe-instances",
      "--instance-ids",
      "i-0123456789abcdef0",
    ]);
    assert.notEqual(code, 0);
    assert.match(stderr, /\(InvalidInstanceID\.NotFound\).*'i-0123456789abcdef0' does not exist/);
  });
  await step("describe-instance-information walks the pages", async () => {
    const { json } = await aws(test, [
      "ssm",
      "describe-instance-information",
      "--page-size",
      "5",
    ]);
    assert.ok(json.InstanceInformationList.length > 20);
    assert.equal(json.InstanceInformationList[0].PingStatus, "Online");
  });
  await step("get-connection-status", async () => {
    const target = test.instance("stopped").instanceId;
    const { json } = await aws(test, ["ssm", "get-connection-status", "--target", target]);
    assert.deepEqual(json, { Target: target, Status: "notconnected" });
  });
  await step("describe-sessions and terminate-session", async () => {
    const { SessionId } = await test.startSession();
    const listed = await aws(test, ["ssm", "describe-sessions", "--state", "Active"]);
    assert.equal(listed.json.Sessions[0].SessionId, SessionId);
    assert.equal(listed.json.Sessions[0].Status, "Connecting");
    const ended = await aws(test, ["ssm", "terminate-session", "--session-id", SessionId]);
    assert.deepEqual(ended.json, { SessionId });
    const history = await aws(test, [
      "ssm",
      "describe-sessions",
      "--state",
      "History",
      "--filters",
      `key=SessionId,value=${SessionId}`,
    ]);
    assert.equal(history.json.Sessions[0].Status, "Terminated");
  });
  await step("sts, and credentials from assume-role", async () => {
    const role = "arn:aws:iam::123456789012:role/dev";
    const assumed = await aws(test, [
      "sts",
      "assume-role",
      "--role-arn",
      role,
      "--role-session-name",
      "alice",
    ]);
    const { AccessKeyId, SecretAccessKey, SessionToken } = assumed.json.Credentials;
    const keys = {
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: SessionToken,
    };
    const identity = await aws(test, ["sts", "get-caller-identity"], keys);
    assert.equal(identity.json.Arn, "arn:aws:sts::123456789012:assumed-role/dev/alice");
    sandbox.faults.apply({ fault: "expire_credentials" });
    const expired = await aws(test, ["ssm", "describe-sessions", "--state", "Active"], keys);
    assert.match(expired.stderr, /\(ExpiredTokenException\)/);
  });
  await step("network, role and settings as the CLI reads them", async () => {
    const endpoints = await aws(test, [
      ...["ec2", "describe-vpc-endpoints", "--filters"],
      "Name=service-name,Values=com.amazonaws.us-east-1.ssm",
    ]);
    const [endpoint] = endpoints.json.VpcEndpoints;
    assert.equal(endpoint.State, "available");
    assert.equal(endpoint.NetworkInterfaceIds.length, 1);
    assert.match(endpoint.DnsEntries[1].DnsName, /^ssm\.us-east-1\.amazonaws\.com$/);
    const role = await aws(test, ["iam", "get-role", "--role-name", "sandbox-ssm"]);
    // The CLI decodes it.
    const { Statement } = role.json.Role.AssumeRolePolicyDocument;
    assert.equal(Statement[0].Principal.Service, "ec2.amazonaws.com");
    const simulated = await aws(test, [
      ...["iam", "simulate-principal-policy", "--policy-source-arn", role.json.Role.Arn],
      ...["--action-names", "ssm:UpdateInstanceInformation", "iam:CreateRole"],
    ]);
    assert.deepEqual(
      simulated.json.EvaluationResults.map((each: { EvalDecision: string }) => each.EvalDecision),
      ["allowed", "implicitDeny"],
    );
    const setting = await aws(test, [
      ...["ssm", "get-service-setting", "--setting-id"],
      "/ssm/managed-instance/default-ec2-instance-management-role",
    ]);
    assert.equal(setting.json.ServiceSetting.SettingValue, "$None");
    const key = await aws(test, ["kms", "describe-key", "--key-id", "alias/none"]);
    assert.match(key.stderr, /\(NotFoundException\)/);
  });
  await step("a change through the CLI brings an agent online", async () => {
    const target = test.instance("stopped").instanceId;
    const started = await aws(test, ["ec2", "start-instances", "--instance-ids", target]);
    assert.equal(started.json.StartingInstances[0].PreviousState.Name, "stopped");
    const { json } = await aws(test, ["ssm", "get-connection-status", "--target", target]);
    assert.equal(json.Status, "connected");
  });
  await step("a wrong secret and an unknown key", async () => {
    const wrong = { AWS_SECRET_ACCESS_KEY: "wrong" };
    const list = ["ssm", "describe-sessions", "--state", "Active"];
    assert.match((await aws(test, list, wrong)).stderr, /\(InvalidSignatureException\)/);
    const unknown = { AWS_ACCESS_KEY_ID: "AKIAUNKNOWN000000000" };
    assert.match((await aws(test, list, unknown)).stderr, /\(UnrecognizedClientException\)/);
    assert.match(
      (await aws(test, ["ec2", "describe-instances"], unknown)).stderr,
      /\(AuthFailure\)/,
    );
  });
});
