import assert from "node:assert/strict";
import { JobRun } from "../../../../src/cli/background/job_run.ts";
import {
  type ConnectMessage,
  type ConnectRequest,
  messageLine,
  readConnectRequest,
  readMessages,
} from "../../../../src/cli/background/wire.ts";
import { RotatingLog } from "../../../../src/platform/mod.ts";
import { FakeHosting } from "../../../support/fake_hosting.ts";
import { FakeIo } from "../../../support/fake_io.ts";

function start(request: Partial<ConnectRequest>): JobRun {
  return new JobRun({ args: [], instance: null, env: {}, settingsTold: false, ...request }, {
    hosting: new FakeHosting(),
    io: new FakeIo({ env: { HTTPS_PROXY: "http://a:1" } }),
    log: new RotatingLog("/nonexistent/log"),
  });
}

async function messagesOf(job: JobRun): Promise<ConnectMessage[]> {
  const messages: ConnectMessage[] = [];
  for await (const message of readMessages(job.answer)) messages.push(message);
  await job.ended;
  return messages;
}

const HERE = { HTTPS_PROXY: "http://a:1" };

Deno.test("a job says what the command says, and its exit code", async () => {
  assert.deepEqual(await messagesOf(start({ args: ["--version"], env: HERE })), [
    { type: "output", stream: "stdout", text: "ec2-connect 0.1.0\n" },
    { type: "exit", code: 0 },
  ]);
  const refused = await messagesOf(
    start({ args: ["connect", "--background", "--format", "json"], env: HERE }),
  );
  assert.deepEqual(refused.at(-1), { type: "exit", code: 2 });
  const [said] = refused;
  assert.ok(said?.type === "output" && said.stream === "stderr");
  assert.match(said.text, /^\{"error":\{"kind":"usage".*none was given/);
});

Deno.test("an environment that does not fit the host's is refused in the wanted format", async () => {
  const messages = await messagesOf(start({ args: ["connect", "web", "--format=json"] }));
  assert.deepEqual(messages.at(-1), { type: "exit", code: 2 });
  const [said] = messages;
  assert.ok(said?.type === "output");
  assert.match(JSON.parse(said.text).error.message, /another HTTPS_PROXY$/);
});

Deno.test("who has gone gets nothing more, and the job ends all the same", async () => {
  const job = start({ args: ["--help"], env: HERE });
  await job.answer.cancel();
  await job.ended;
});

Deno.test("a job that is stopped before it has begun ends", async () => {
  const job = start({ args: ["sandbox"], env: HERE });
  job.stop("SIGTERM");
  const last = (await messagesOf(job)).at(-1);
  assert.equal(last?.type, "exit");
});

Deno.test("requests that are none are refused with 400", () => {
  const request = { args: ["connect"], instance: null, env: { A: "b" } };
  // As an earlier version asks.
  assert.deepEqual(readConnectRequest(request), { ...request, settingsTold: false });
  const whole = { ...request, settingsTold: true };
  assert.deepEqual(readConnectRequest(whole), whole);
  const wrong = [
    undefined,
    null,
    "x",
    [],
    {},
    { ...request, args: "connect" },
    { ...request, args: [1] },
    { ...request, instance: 1 },
    { ...request, env: null },
    { ...request, env: { A: 1 } },
  ];
  for (const body of wrong) {
    assert.throws(() => readConnectRequest(body), { name: "ControlRefusal", status: 400 });
  }
});

Deno.test("messages arrive whole in whatever pieces", async () => {
  const sent: ConnectMessage[] = [
    { type: "output", stream: "stderr", text: "é\n" },
    { type: "ready" },
  ];
  const bytes = sent.flatMap((message) => [...messageLine(message)]);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const received: ConnectMessage[] = [];
  for await (const message of readMessages(stream)) received.push(message);
  assert.deepEqual(received, sent);
});
