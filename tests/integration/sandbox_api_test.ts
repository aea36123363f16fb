/**
 * The sandbox's EC2, STS and SSM endpoints, with a signer that is not the sandbox's own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Keys, openSandbox, type TestSandbox } from "../support/sandbox.ts";

function test(
  name: string,
  fn: (test: TestSandbox) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox API: ${name}`, async () => {
    await using test = await openSandbox(options);
    await fn(test);
  });
}

/** The text of every element of that name. */
function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map((match) => match[1]!);
}

async function describeInstances(
  test: TestSandbox,
  parameters: Record<string, string> = {},
): Promise<{ ids: string[]; token: string | undefined; code: string | undefined; text: string }> {
  const { text } = await test.query("ec2", { Action: "DescribeInstances", ...parameters });
  return {
    ids: elements(text, "instanceId"),
    token: elements(text, "nextToken")[0],
    code: elements(text, "Code")[0],
    text,
  };
}

const filter = (name: string, ...values: string[]): Record<string, string> => ({
  "Filter.1.Name": name,
  ...Object.fromEntries(values.map((value, i) => [`Filter.1.Value.${i + 1}`, value])),
});

// --- EC2 ---

test("DescribeInstances lists every instance once, in pages too", async (test) => {
  const all = await describeInstances(test);
  assert.deepEqual(all.ids, test.sandbox.instances.map((instance) => instance.instanceId));
  assert.equal(all.token, undefined);
  const paged: string[] = [];
  let token: string | undefined;
  let pages = 0;
  do {
    const page = await describeInstances(test, {
      MaxResults: "10",
      ...(token !== undefined && { NextToken: token }),
    });
    paged.push(...page.ids);
    token = page.token;
    pages++;
  } while (token !== undefined);
  assert.deepEqual(paged, all.ids);
  assert.equal(pages, Math.ceil(all.ids.length / 10));
  assert.ok(pages > 2);
});

test("DescribeInstances filters by every form that selects an instance", async (test) => {
  const web1 = test.instance("web-1");
  for (
    const filters of [
      filter("instance-id", web1.instanceId),
      filter("tag:Name", "web-1"),
      filter("tag:Name", "we?-1"),
      filter("private-ip-address", web1.privateIp),
      filter("private-dns-name", "ip-10-0-1-10.ec2.internal"),
      filter("ip-address", "198.51.100.10"),
      { ...filter("tag:env", "dev"), "Filter.2.Name": "tag:Name", "Filter.2.Value.1": "*-1" },
    ]
  ) {
    const { ids } = await describeInstances(test, filters as Record<string, string>);
    assert.equal(ids[0], web1.instanceId, JSON.stringify(filters));
  }
  const named = async (filters: Record<string, string>) =>
    (await describeInstances(test, filters)).ids.length;
  assert.equal(await named(filter("tag:Name", "duplicate")), 2);
  assert.equal(await named(filter("tag:Name", "web-1", "web-2")), 2);
  assert.equal(await named(filter("tag:Name", "Web-1")), 0);
  assert.equal(await named(filter("instance-state-name", "stopped", "terminated")), 2);
  assert.equal(await named(filter("tag-key", "Name")), test.sandbox.instances.length - 1);
  assert.equal(await named(filter("vpc-id", "vpc-*")), test.sandbox.instances.length - 1);
});

test("DescribeInstances by id, and what is wrong with ids", async (test) => {
  const { instanceId } = test.instance("web-2");
  assert.deepEqual((await describeInstances(test, { "InstanceId.1": instanceId })).ids, [
    instanceId,
  ]);
  const missing = await describeInstances(test, { "InstanceId.1": "i-0123456789abcdef0" });
  assert.equal(missing.code, "InvalidInstanceID.NotFound");
  assert.match(missing.text, /The instance ID 'i-0123456789abcdef0' does not exist/);
  const malformed = await describeInstances(test, { "InstanceId.1": "web-2" });
  assert.equal(malformed.code, "InvalidInstanceID.Malformed");
});

for (
  const [parameters, code] of [
    [filter("colour", "red"), "InvalidParameterValue"],
    [{ MaxResults: "4" }, "InvalidParameterValue"],
    [{ NextToken: "made up" }, "InvalidParameterValue"],
    [{ MaxResults: "5", "InstanceId.1": "i-0a5b0c00000000001" }, "InvalidParameterCombination"],
    [{ DryRun: "true" }, "DryRunOperation"],
    [{ Action: "RunInstances" }, "InvalidAction"],
  ] as [Record<string, string>, string][]
) {
  test(`DescribeInstances with ${JSON.stringify(parameters)} is ${code}`, async (test) => {
    assert.equal((await describeInstances(test, parameters)).code, code);
  });
}

test("a stopped instance keeps its address, a terminated one does not", async (test) => {
  const stopped = await describeInstances(test, filter("tag:Name", "stopped-1"));
  assert.deepEqual(
    new Set(elements(stopped.text, "privateIpAddress")),
    new Set([test.instance("stopped").privateIp]),
  );
  const terminated = await describeInstances(test, filter("tag:Name", "terminated-1"));
  assert.deepEqual(elements(terminated.text, "privateIpAddress"), []);
  assert.deepEqual(elements(terminated.text, "name"), ["terminated"]);
});

test("another region is empty", async (test) => {
  const { text } = await test.query("ec2", { Action: "DescribeInstances" }, {
    region: "eu-west-1",
  });
  assert.deepEqual(elements(text, "instanceId"), []);
  const { json } = await test.ssm("StartSession", {
    Target: test.instance("healthy").instanceId,
    DocumentName: "AWS-StartSSHSession",
  }, { region: "eu-west-1" });
  assert.equal(json.__type, "TargetNotConnected");
});

test("scenario limits the instances", async (test) => {
  const { ids } = await describeInstances(test);
  assert.equal(ids.length, 2);
  assert.ok(test.sandbox.instances.every((instance) => instance.scenario === "duplicate"));
}, { scenario: "duplicate" });

// --- SSM: instances ---

test("DescribeInstanceInformation lists what has registered and runs, in pages too", async (test) => {
  const ids: string[] = [];
  let token: string | undefined;
  do {
    const { json } = await test.ssm("DescribeInstanceInformation", {
      MaxResults: 5,
      NextToken: token,
    });
    assert.ok(json.InstanceInformationList.length <= 5);
    for (const { InstanceId } of json.InstanceInformationList) ids.push(InstanceId);
    token = json.NextToken;
  } while (token !== undefined);
  const { instances } = test.sandbox;
  const running = instances.filter(({ state }) => state === "running");
  assert.ok(ids.every((id) => running.some(({ instanceId }) => instanceId === id)));
  assert.equal(new Set(ids).size, ids.length);
  for (const name of ["web-1", "lost-1", "batch-12", "egress-closed-1"]) {
    assert.ok(ids.includes(test.instance(name).instanceId), name);
  }
  for (const name of ["unregistered-1", "terminated-1", "stopped-1", "no-endpoints-1"]) {
    assert.ok(!ids.includes(test.instance(name).instanceId), name);
  }
});

test("DescribeInstanceInformation filters, in both forms", async (test) => {
  const lost = test.instance("connection-lost").instanceId;
  for (
    const body of [
      { Filters: [{ Key: "InstanceIds", Values: [lost] }] },
      { InstanceInformationFilterList: [{ key: "InstanceIds", valueSet: [lost] }] },
    ]
  ) {
    const { json } = await test.ssm("DescribeInstanceInformation", body);
    assert.equal(json.InstanceInformationList.length, 1);
    assert.equal(json.InstanceInformationList[0].PingStatus, "ConnectionLost");
  }
  const { json } = await test.ssm("DescribeInstanceInformation", {
    Filters: [{ Key: "tag:env", Values: ["dev"] }, { Key: "PlatformTypes", Values: ["Windows"] }],
  });
  assert.deepEqual(
    json.InstanceInformationList.map((each: { InstanceId: string }) => each.InstanceId),
    [test.instance("windows-1").instanceId],
  );
  const bad = await test.ssm("DescribeInstanceInformation", {
    Filters: [{ Key: "Colour", Values: ["red"] }],
  });
  assert.deepEqual([bad.status, bad.json.__type], [400, "InvalidFilterKey"]);
});

test("GetConnectionStatus", async (test) => {
  const status = async (Target: string) =>
    (await test.ssm("GetConnectionStatus", { Target })).json.Status;
  assert.equal(await status(test.instance("healthy").instanceId), "connected");
  for (const scenario of ["stopped", "terminated", "unregistered", "connection-lost"]) {
    assert.equal(await status(test.instance(scenario).instanceId), "notconnected", scenario);
  }
  assert.equal(await status("i-0123456789abcdef0"), "notconnected");
});

// --- SSM: sessions ---

test("StartSession refuses targets that are not connected, all in the same words", async (test) => {
  const targets = ["stopped", "terminated", "unregistered", "connection-lost"]
    .map((scenario) => test.instance(scenario).instanceId);
  for (const Target of [...targets, "i-0123456789abcdef0", "web-1"]) {
    const { status, json } = await test.ssm("StartSession", {
      Target,
      DocumentName: "AWS-StartPortForwardingSession",
    });
    assert.equal(status, 400);
    assert.deepEqual(json, {
      __type: "TargetNotConnected",
      message: `${Target} is not connected.`,
    });
  }
});

for (
  const [what, body, type] of [
    ["no target", {}, "ValidationException"],
    ["a parameter that a shell does not know", {
      Target: "T",
      Parameters: { command: ["ls"] },
    }, "InvalidParameters"],
    ["an unknown document", { Target: "T", DocumentName: "Nope" }, "InvalidDocument"],
    ["a bad port", {
      Target: "T",
      DocumentName: "AWS-StartSSHSession",
      Parameters: { portNumber: ["http"] },
    }, "InvalidParameters"],
    ["a port that is a number", {
      Target: "T",
      DocumentName: "AWS-StartSSHSession",
      Parameters: { portNumber: [22] },
    }, "SerializationException"],
    ["an empty reason", { Target: "T", Reason: "" }, "ValidationException"],
    ["no JSON", "{", "SerializationException"],
  ] as [string, unknown, string][]
) {
  test(`StartSession with ${what} is ${type}`, async (test) => {
    const target = test.instance("healthy").instanceId;
    const text = (typeof body === "string" ? body : JSON.stringify(body)).replace(
      '"T"',
      `"${target}"`,
    );
    const { status, json } = await test.ssm("StartSession", text);
    assert.deepEqual([status, json.__type], [400, type]);
  });
}

test("StartSession to a remote host needs a newer agent", async (test) => {
  const request = {
    Target: test.instance("no-remote-host").instanceId,
    DocumentName: "AWS-StartPortForwardingSessionToRemoteHost",
    Parameters: { host: ["db.internal"], portNumber: ["5432"] },
  };
  const { status, json } = await test.ssm("StartSession", request);
  assert.equal(status, 400);
  assert.equal(json.__type, "BadRequest");
  assert.match(json.message, /3\.1\.1374\.0 or later; i-\w+ runs 3\.1\.1080\.0/);
});

test("ResumeSession gives a new token; not for what has ended, nor what never was", async (test) => {
  const started = await test.startSession();
  const resumed = await test.ssm("ResumeSession", { SessionId: started.SessionId });
  assert.equal(resumed.json.SessionId, started.SessionId);
  assert.notEqual(resumed.json.TokenValue, started.TokenValue);
  assert.match(resumed.json.StreamUrl, /^ws:\/\/127\.0\.0\.1:\d+\/v1\/data-channel\//);
  await test.ssm("TerminateSession", { SessionId: started.SessionId });
  const ended = await test.ssm("ResumeSession", { SessionId: started.SessionId });
  assert.deepEqual([ended.status, ended.json], [200, { SessionId: started.SessionId }]);
  const unknown = await test.ssm("ResumeSession", { SessionId: "nobody-1" });
  assert.deepEqual([unknown.status, unknown.json.__type], [400, "DoesNotExistException"]);
});

test("TerminateSession ends for good and answers for anything", async (test) => {
  const { SessionId } = await test.startSession();
  for (const id of [SessionId, SessionId, "nobody-1"]) {
    assert.deepEqual((await test.ssm("TerminateSession", { SessionId: id })).json, {
      SessionId: id,
    });
  }
  assert.equal(test.session(SessionId).status, "Terminated");
});

test("DescribeSessions: active and history, filters, pages, newest first", async (test) => {
  const [web1, web2] = [test.instance("web-1").instanceId, test.instance("web-2").instanceId];
  const first = await test.startSession({ target: web1 });
  const second = await test.startSession({ target: web2 });
  const third = await test.startSession({ target: web1 });
  await test.ssm("TerminateSession", { SessionId: second.SessionId });
  const ids = async (body: Record<string, unknown>): Promise<string[]> => {
    const { json } = await test.ssm("DescribeSessions", body);
    return json.Sessions.map((session: { SessionId: string }) => session.SessionId);
  };
  assert.deepEqual(await ids({ State: "Active" }), [third.SessionId, first.SessionId]);
  assert.deepEqual(await ids({ State: "History" }), [second.SessionId]);
  const filtered = (key: string, value: string) =>
    ids({ State: "Active", Filters: [{ key, value }] });
  assert.deepEqual(await filtered("Target", web2), []);
  assert.deepEqual(await filtered("SessionId", first.SessionId), [first.SessionId]);
  assert.equal((await filtered("InvokedAfter", "2020-01-01T00:00:00Z")).length, 2);
  assert.equal((await filtered("InvokedBefore", "2020-01-01T00:00:00Z")).length, 0);
  assert.equal((await filtered("Owner", "arn:aws:iam::123456789012:user/sandbox")).length, 2);
  const page = await test.ssm("DescribeSessions", { State: "Active", MaxResults: 1 });
  const next = await test.ssm("DescribeSessions", {
    State: "Active",
    MaxResults: 1,
    NextToken: page.json.NextToken,
  });
  assert.equal(next.json.Sessions[0].SessionId, first.SessionId);
  assert.equal(next.json.NextToken, undefined);
  const bad = await test.ssm("DescribeSessions", { State: "Sleeping" });
  assert.equal(bad.json.__type, "ValidationException");
});

test("an operation that is not emulated says so", async (test) => {
  const { status, json } = await test.ssm("CreateAssociation", {});
  assert.deepEqual([status, json.__type], [400, "UnknownOperationException"]);
});

// --- Credentials ---

const user = (test: TestSandbox, changes: Partial<Keys>): Keys => ({
  ...test.sandbox.credentials,
  ...changes,
});

/** The codes that SSM, EC2 and STS give, with their statuses. */
async function refusals(
  test: TestSandbox,
  options: Parameters<TestSandbox["ssm"]>[2],
): Promise<string[]> {
  const ssm = await test.ssm("DescribeSessions", { State: "Active" }, options);
  const ec2 = await test.query("ec2", { Action: "DescribeInstances" }, options);
  const sts = await test.query("sts", { Action: "GetCallerIdentity" }, options);
  return [
    `${ssm.status} ${ssm.json.__type}`,
    `${ec2.status} ${elements(ec2.text, "Code")[0]}`,
    `${sts.status} ${elements(sts.text, "Code")[0]}`,
  ];
}

test("a wrong secret", async (test) => {
  assert.deepEqual(await refusals(test, { keys: user(test, { secretAccessKey: "wrong" }) }), [
    "400 InvalidSignatureException",
    "403 SignatureDoesNotMatch",
    "403 SignatureDoesNotMatch",
  ]);
});

test("an unknown key, and a token that is not the key's", async (test) => {
  for (const change of [{ accessKeyId: "AKIAUNKNOWN" }, { sessionToken: "foreign" }]) {
    assert.deepEqual(await refusals(test, { keys: user(test, change) }), [
      "400 UnrecognizedClientException",
      "401 AuthFailure",
      "403 InvalidClientTokenId",
    ]);
  }
});

test("no signature at all", async (test) => {
  assert.deepEqual(await refusals(test, { isUnsigned: true }), [
    "400 MissingAuthenticationTokenException",
    "403 MissingAuthenticationToken",
    "403 MissingAuthenticationToken",
  ]);
});

test("a clock that is off by more than five minutes", async (test) => {
  for (const offMs of [-301_000, 301_000]) {
    const signingDate = new Date(Date.now() + offMs);
    assert.deepEqual(await refusals(test, { signingDate }), [
      "400 InvalidSignatureException",
      "400 RequestExpired",
      "403 SignatureDoesNotMatch",
    ]);
  }
  const { json } = await test.ssm("DescribeSessions", { State: "Active" }, {
    signingDate: new Date(Date.now() - 400_000),
  });
  assert.match(json.message, /^Signature expired: \d{8}T\d{6}Z is now earlier than/);
});

test("a signature for another service", async (test) => {
  const { json } = await test.ssm("DescribeSessions", { State: "Active" }, { scope: "ec2" });
  assert.equal(json.__type, "InvalidSignatureException");
});

async function issue(
  test: TestSandbox,
  parameters: Record<string, string>,
): Promise<{ keys: Keys; text: string; status: number }> {
  const { status, text } = await test.query("sts", parameters);
  return {
    status,
    text,
    keys: {
      accessKeyId: elements(text, "AccessKeyId")[0] ?? "",
      secretAccessKey: elements(text, "SecretAccessKey")[0] ?? "",
      sessionToken: elements(text, "SessionToken")[0] ?? "",
    },
  };
}

const ROLE = "arn:aws:iam::123456789012:role/dev";
const ASSUME = { Action: "AssumeRole", RoleArn: ROLE, RoleSessionName: "alice" };

test("AssumeRole issues keys that work, name the session and expire", async (test) => {
  const { keys } = await issue(test, { ...ASSUME, DurationSeconds: "900" });
  const { json } = await test.ssm("StartSession", {
    Target: test.instance("healthy").instanceId,
    DocumentName: "AWS-StartSSHSession",
  }, { keys });
  assert.match(json.SessionId, /^alice-0[0-9a-f]{16}$/);
  const identity = await test.query("sts", { Action: "GetCallerIdentity" }, { keys });
  assert.deepEqual(elements(identity.text, "Arn"), [
    "arn:aws:sts::123456789012:assumed-role/dev/alice",
  ]);
  test.sandbox.faults.apply({ fault: "clock_skew", ms: 901_000 });
  assert.deepEqual(await refusals(test, { keys, signingDate: new Date(Date.now() + 901_000) }), [
    "400 ExpiredTokenException",
    "400 RequestExpired",
    "403 ExpiredToken",
  ]);
});

for (
  const [what, changes, code] of [
    ["another account's role", { RoleArn: "arn:aws:iam::999999999999:role/dev" }, "AccessDenied"],
    ["the role `denied`", { RoleArn: ROLE.replace("dev", "denied") }, "AccessDenied"],
    ["the role `mfa` without a code", { RoleArn: ROLE.replace("dev", "mfa") }, "AccessDenied"],
    ["a wrong code", {
      RoleArn: ROLE.replace("dev", "mfa"),
      SerialNumber: "arn:aws:iam::123456789012:mfa/sandbox",
      TokenCode: "000000",
    }, "AccessDenied"],
    ["a short life", { DurationSeconds: "60" }, "InvalidParameterValue"],
    ["no session name", { RoleSessionName: "" }, "MissingParameter"],
  ] as [string, Record<string, string>, string][]
) {
  test(`AssumeRole with ${what} is ${code}`, async (test) => {
    const { text } = await issue(test, { ...ASSUME, ...changes });
    assert.deepEqual(elements(text, "Code"), [code]);
  });
}

test("AssumeRole with the code of the MFA device", async (test) => {
  const { status } = await issue(test, {
    ...ASSUME,
    RoleArn: ROLE.replace("dev", "mfa"),
    SerialNumber: "arn:aws:iam::123456789012:mfa/sandbox",
    TokenCode: "123456",
  });
  assert.equal(status, 200);
});

test("GetSessionToken works for the user and not for its own keys", async (test) => {
  const { keys } = await issue(test, { Action: "GetSessionToken" });
  const identity = await test.query("sts", { Action: "GetCallerIdentity" }, { keys });
  assert.deepEqual(elements(identity.text, "Arn"), ["arn:aws:iam::123456789012:user/sandbox"]);
  const again = await test.query("sts", { Action: "GetSessionToken" }, { keys });
  assert.deepEqual(elements(again.text, "Code"), ["AccessDenied"]);
});

// --- HTTP ---

test("what belongs to no service is 404, and nothing secret is logged", async (test) => {
  const { endpointUrl, credentials } = test.sandbox;
  for (const request of [new Request(endpointUrl), new Request(`${endpointUrl}/x`)]) {
    const answer = await fetch(request);
    assert.equal(answer.status, 404);
    await answer.body?.cancel();
  }
  const { TokenValue } = await test.startSession();
  const log = test.log.join("\n");
  assert.match(log, /ssm StartSession: 200/);
  assert.ok(!log.includes(TokenValue) && !log.includes(credentials.secretAccessKey));
});

test("a taken port is an error that names it", async (test) => {
  const port = Number(new URL(test.sandbox.endpointUrl).port);
  await assert.rejects(
    openSandbox({ port }),
    new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}`),
  );
});

// --- SSM: documents ---

test("GetDocument shows the preferences of sessions, in strings", async (test) => {
  const { status, json } = await test.ssm("GetDocument", { Name: "SSM-SessionManagerRunShell" });
  assert.equal(status, 200);
  assert.equal(json.DocumentType, "Session");
  const content = JSON.parse(json.Content);
  assert.equal(content.schemaVersion, "1.0");
  assert.equal(content.sessionType, "Standard_Stream");
  assert.equal(content.inputs.idleSessionTimeout, "7");
  assert.equal(content.inputs.maxSessionDuration, "");
  assert.equal(content.inputs.kmsKeyId, "");
  const version = await test.ssm("GetDocument", {
    Name: "SSM-SessionManagerRunShell",
    DocumentVersion: "2",
  });
  assert.equal(version.json.__type, "InvalidDocumentVersion");
}, { timing: { idleTimeoutMs: 7 * 60_000 } });

test("GetDocument of anything else, or in another region, is InvalidDocument", async (test) => {
  for (
    const { name, region } of [
      { name: "my-preferences", region: test.sandbox.region },
      { name: "SSM-SessionManagerRunShell", region: "eu-west-1" },
    ]
  ) {
    const { status, json } = await test.ssm("GetDocument", { Name: name }, { region });
    assert.deepEqual([status, json.__type], [400, "InvalidDocument"]);
  }
});

test("the secret of another sandbox is no good here", async (test) => {
  await using other = await openSandbox();
  const { status } = await test.ssm("DescribeSessions", { State: "Active" }, {
    keys: other.sandbox.credentials,
  });
  assert.equal(status, 400);
});
