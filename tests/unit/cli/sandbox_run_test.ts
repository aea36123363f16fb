import assert from "node:assert/strict";
import {
  readyLines,
  runSandbox,
  type ServedSandbox,
  type StartSandbox,
} from "../../../src/cli/sandbox/run.ts";
import { AppError } from "../../../src/errors/mod.ts";
import { fakeContext, FakeIo, refusal } from "../../support/fake_io.ts";

class FakeSandbox implements ServedSandbox {
  readonly endpointUrl = "http://127.0.0.1:4566";
  readonly region = "us-east-1";
  readonly credentials = { accessKeyId: "AKIDSANDBOX", secretAccessKey: "made-up" };
  readonly faultUrl = "http://127.0.0.1:4566/_faults";
  instances = [
    {
      instanceId: "i-0123456789abcdef0",
      name: "healthy",
      scenario: "healthy",
      isForDiagnosis: false,
      services: { echo: 40001, http: 40002, sink: 40003, ssh: 40004 },
    },
    {
      instanceId: "i-0123456789abcdef1",
      name: "",
      scenario: "stopped",
      isForDiagnosis: false,
      services: { echo: 40001, http: 40002, sink: 40003, ssh: 40004 },
    },
  ];
  stops = 0;
  stop(): Promise<void> {
    this.stops++;
    return Promise.resolve();
  }
}

const OPTIONS = { port: 0, scenario: undefined, agentPacing: true, shells: true, list: false };

Deno.test("sandbox: tells what to export and what is there, and serves until Ctrl-C", async () => {
  const io = new FakeIo();
  using context = fakeContext(io);
  const sandbox = new FakeSandbox();
  const end = runSandbox(OPTIONS, context, () => Promise.resolve(sandbox));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(
    await io.stdout(),
    `export AWS_ENDPOINT_URL=http://127.0.0.1:4566
export AWS_REGION=us-east-1
export AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID=AKIDSANDBOX
export AWS_SECRET_ACCESS_KEY=made-up

INSTANCE             NAME     SCENARIO  SERVICES
i-0123456789abcdef0  healthy  healthy   echo 40001, http 40002, sink 40003, ssh 40004
i-0123456789abcdef1  -        stopped   echo 40001, http 40002, sink 40003, ssh 40004

Faults: http://127.0.0.1:4566/_faults
`,
  );
  assert.equal(sandbox.stops, 0);
  io.signal("SIGINT");
  assert.equal(await end, 0);
  assert.equal(sandbox.stops, 1);
});

Deno.test("sandbox --format json: the ready line of the contract comes first", async () => {
  const io = new FakeIo();
  using context = fakeContext(io, { format: "json" });
  const end = runSandbox(OPTIONS, context, () => Promise.resolve(new FakeSandbox()));
  await new Promise((resolve) => setTimeout(resolve, 0));
  io.signal("SIGTERM");
  assert.equal(await end, 0);
  const [ready] = await io.events();
  assert.deepEqual(Object.keys(ready!), [
    "event",
    "endpoint_url",
    "region",
    "credentials",
    "fault_url",
    "instances",
  ]);
  assert.deepEqual(ready!["credentials"], {
    access_key_id: "AKIDSANDBOX",
    secret_access_key: "made-up",
  });
  assert.deepEqual((ready!["instances"] as unknown[])[0], {
    instance_id: "i-0123456789abcdef0",
    name: "healthy",
    scenario: "healthy",
    services: { echo: 40001, http: 40002, sink: 40003, ssh: 40004 },
  });
});

Deno.test("sandbox: passes its options on, and a failed start is the command's error", async () => {
  using context = fakeContext(new FakeIo());
  const taken = new AppError("resource", "taken");
  let started: Parameters<StartSandbox>[0] | undefined;
  const start: StartSandbox = (options) => {
    started = options;
    return Promise.reject(taken);
  };
  const options = {
    port: 4566,
    scenario: "stopped",
    agentPacing: false,
    shells: false,
    list: false,
  };
  assert.equal(await refusal(() => runSandbox(options, context, start)), taken);
  const { log: _log, ...rest } = started!;
  assert.deepEqual({ ...rest, list: false }, options);
});

Deno.test("sandbox: a connection that a client keeps open does not hold the end back", async () => {
  const io = new FakeIo();
  using context = fakeContext(io);
  const sandbox = new FakeSandbox();
  sandbox.stop = () => new Promise(() => {});
  const end = runSandbox(OPTIONS, context, () => Promise.resolve(sandbox));
  io.signal("SIGINT");
  await io.clock.scheduled(1_000);
  io.clock.advance(1_000);
  assert.equal(await end, 0);
});

Deno.test("sandbox: instances for diagnoses are counted, not shown; alone they are shown", () => {
  const sandbox = new FakeSandbox();
  const [first, second] = sandbox.instances;
  sandbox.instances = [first!, { ...second!, isForDiagnosis: true }];
  const lines = readyLines(sandbox, "linux");
  assert.ok(lines.includes("1 more, to be diagnosed: ec2-connect sandbox --list"));
  assert.ok(!lines.some((line) => line.includes(second!.instanceId)));
  sandbox.instances = [{ ...second!, isForDiagnosis: true }];
  assert.ok(readyLines(sandbox, "linux").some((line) => line.includes(second!.instanceId)));
});
