/**
 * Every fault of the sandbox, seen from a client.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fault, GarbageKind } from "../../src/sandbox/mod.ts";
import { utf8 } from "../support/hex.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { Refused, ScriptedClient } from "../support/scripted_client.ts";
import {
  acknowledgedNumbers,
  closingText,
  eventually,
  handshakeResponse,
  openPortClient,
  PAYLOAD,
} from "../support/port_client.ts";

function test(
  name: string,
  fn: (test: TestSandbox) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox faults: ${name}`, async () => {
    await using test = await openSandbox(options);
    await fn(test);
  });
}

/** A request to the fault API. */
async function faultApi(
  test: TestSandbox,
  method: string,
  body?: unknown,
  path = "",
  headers: Record<string, string> = {},
  // deno-lint-ignore no-explicit-any
): Promise<{ status: number; json: any }> {
  const answer = await fetch(test.sandbox.faultUrl + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: await answer.json() };
}

const NOP = Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 0);

// --- The API ---

test("faults are set, listed and cleared over HTTP", async (test) => {
  const drop = { fault: "drop", probability: 0.1, count: 5 };
  assert.deepEqual(await faultApi(test, "POST", drop), { status: 200, json: { id: 1 } });
  await faultApi(test, "POST", { fault: "hang_upgrade", instance: "web-1" });
  const listed = await faultApi(test, "GET");
  assert.deepEqual(listed.json.faults, [
    { id: 1, fault: drop, remaining: 5, strikes: 0 },
    { id: 2, fault: { fault: "hang_upgrade", instance: "web-1" }, strikes: 0 },
  ]);
  assert.equal((await faultApi(test, "DELETE", undefined, "/1")).json.faults.length, 1);
  assert.equal((await faultApi(test, "DELETE", undefined, "/1")).status, 404);
  assert.deepEqual((await faultApi(test, "DELETE")).json.faults, []);
  assert.deepEqual(test.sandbox.faults.list(), []);
});

test("the fault API refuses nonsense and web pages", async (test) => {
  const refused = await faultApi(test, "POST", { fault: "cut", sesion: "x" });
  assert.equal(refused.status, 400);
  assert.match(refused.json.error, /no member "sesion"/);
  assert.equal((await faultApi(test, "POST")).status, 400);
  assert.equal((await faultApi(test, "PATCH")).status, 405);
  assert.equal((await faultApi(test, "GET", undefined, "/x")).status, 404);
  const page = { origin: "https://example.com" };
  assert.equal((await faultApi(test, "POST", { fault: "cut" }, "", page)).status, 403);
});

test("an immediate fault tells how many sessions it struck, by scope", async (test) => {
  const web2 = test.instance("web-2").instanceId;
  const { client: a } = await openPortClient(test);
  await using _a = a;
  const { client: b, grant } = await openPortClient(test, { target: web2 });
  await using _b = b;
  const struck = async (fault: unknown) => (await faultApi(test, "POST", fault)).json.affected;
  assert.equal(await struck({ fault: "start_publication", instance: "web-2" }), 1);
  assert.equal(await struck({ fault: "start_publication", instance: web2 }), 1);
  assert.equal(await struck({ fault: "start_publication", session: grant.SessionId }), 1);
  assert.equal(await struck({ fault: "start_publication", instance: "api-1" }), 0);
  assert.equal(await struck({ fault: "cut", session: grant.SessionId }), 1);
  assert.equal((await b.closed()).code, 1006);
  assert.ok((await a.settled()).every(({ kind }) => kind === "message"));
});

// --- The connection ---

test("cut: the connection goes away without a close", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  assert.deepEqual(test.sandbox.faults.apply({ fault: "cut" }), { affected: 1 });
  assert.equal((await client.closed()).code, 1006);
  assert.equal(test.session().status, "Disconnected");
});

for (
  const [fault, code, reason] of [
    [{ fault: "close" }, 1000, "Bye"],
    [{ fault: "close", code: 1011, reason: "oops" }, 1011, "oops"],
  ] as [Fault, number, string][]
) {
  test(`${JSON.stringify(fault)} closes properly, and the session can be resumed`, async (test) => {
    const { client, grant } = await openPortClient(test);
    await using _client = client;
    test.sandbox.faults.apply(fault);
    const closed = await client.closed();
    assert.deepEqual([closed.code, closed.reason], [code, reason]);
    const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
    await using again = await ScriptedClient.open(json);
    again.nextSequence = client.nextSequence;
    await again.sendData(PAYLOAD.output, NOP);
    assert.deepEqual(acknowledgedNumbers(await again.settled()), [1]);
  });
}

test("blackhole: nothing passes until it is cleared, then everything", async (test) => {
  const { client, grant } = await openPortClient(test);
  await using _client = client;
  const { id } = test.sandbox.faults.apply({ fault: "blackhole", session: grant.SessionId });
  await client.sendData(PAYLOAD.output, NOP);
  const answered = client.settled();
  // A whole handshake of another session later there is still no answer, and no close.
  const { client: other } = await openPortClient(test);
  await using _other = other;
  assert.equal(acknowledgedNumbers(client.heard).length, 1);
  assert.ok(client.heard.every(({ kind }) => kind === "message"));
  test.sandbox.faults.clear(id);
  assert.deepEqual(acknowledgedNumbers(await answered), [1]);
});

test("blackhole: an upgrade waits until it is cleared", async (test) => {
  const grant = await test.startSession();
  test.sandbox.faults.apply({ fault: "blackhole", session: grant.SessionId });
  let isOpen = false;
  const opening = ScriptedClient.open(grant).then((client) => {
    isOpen = true;
    return client;
  });
  // Another session's connection is made in the meantime.
  const { client: other } = await openPortClient(test);
  await using _other = other;
  assert.equal(isOpen, false);
  test.sandbox.faults.clear();
  await using client = await opening;
  await client.data(PAYLOAD.handshakeRequest);
});

test("gateway_down: sockets drop, the port refuses, and it is back where it was", async (test) => {
  const { client, grant } = await openPortClient(test);
  await using _client = client;
  const address = { hostname: "127.0.0.1", port: Number(new URL(grant.StreamUrl).port) };
  const accepts = async () => {
    try {
      (await Deno.connect(address)).close();
      return true;
    } catch (error) {
      // Reset: it had been taken by the system before the port was closed.
      const { ConnectionRefused, ConnectionReset } = Deno.errors;
      if (error instanceof ConnectionRefused || error instanceof ConnectionReset) return false;
      throw error;
    }
  };
  for (let round = 0; round < 3; round++) {
    test.sandbox.faults.apply({ fault: "gateway_down" });
    await eventually("it refuses", async () => !await accepts());
    // The API is another service, and goes on.
    const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
    test.sandbox.faults.clear();
    await eventually("it accepts again", accepts);
    await using again = await ScriptedClient.open(json);
    again.nextSequence = client.nextSequence++;
    await again.sendData(PAYLOAD.output, NOP);
    assert.deepEqual(acknowledgedNumbers(await again.settled()), [again.nextSequence - 1]);
  }
  assert.equal((await client.closed()).code, 1006);
});

test("refuse_upgrade, as often as it is asked", async (test) => {
  const grant = await test.startSession();
  test.sandbox.faults.apply({ fault: "refuse_upgrade", status: 503, count: 2 });
  for (let i = 0; i < 2; i++) {
    await assert.rejects(
      ScriptedClient.open(grant),
      (error) => error instanceof Refused && error.status === 503,
    );
  }
  await using client = await ScriptedClient.open(grant);
  await client.data(PAYLOAD.handshakeRequest);
});

for (const code of [undefined, 1013]) {
  test(`close_at_once with ${code ?? "no"} code`, async (test) => {
    const grant = await test.startSession();
    test.sandbox.faults.apply({
      fault: "close_at_once",
      count: 1,
      ...(code !== undefined && { code }),
    });
    await using client = await ScriptedClient.open(grant);
    assert.equal((await client.closed()).code, code ?? 1006);
    // The token was never looked at.
    await using again = await ScriptedClient.open(grant);
    await again.data(PAYLOAD.handshakeRequest);
  });
}

test("hang_upgrade: no answer, and other sessions go on", async (test) => {
  const grant = await test.startSession();
  test.sandbox.faults.apply({ fault: "hang_upgrade", count: 1 });
  const hanging = ScriptedClient.open(grant);
  const outcome = hanging.then(() => "open", (error) => error.constructor.name);
  while (test.sandbox.faults.list().length > 0) {
    await test.ssm("GetConnectionStatus", { Target: "x" });
  }
  const { client } = await openPortClient(test);
  await using _client = client;
  await test.sandbox.stop();
  assert.notEqual(await outcome, "open");
});

// --- Messages ---

test("delay: later, in order", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  test.sandbox.faults.apply({ fault: "delay", ms: 60 });
  const startMs = performance.now();
  for (let i = 0; i < 3; i++) await client.sendData(PAYLOAD.output, NOP);
  for (let i = 0; i < 3; i++) await client.message("acknowledge");
  assert.ok(performance.now() - startMs >= 119);
  assert.deepEqual(acknowledgedNumbers(client.heard), [0, 1, 2, 3]);
});

test("drop: what is lost on the way to the agent is not acknowledged", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  await client.settled();
  test.sandbox.faults.apply({ fault: "drop", probability: 1, count: 1, direction: "to_agent" });
  await client.sendData(PAYLOAD.output, NOP);
  await client.sendData(PAYLOAD.output, NOP);
  assert.deepEqual(acknowledgedNumbers(await client.settled()), [2]);
});

test("duplicate: the agent acknowledges twice", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  await client.settled();
  test.sandbox.faults.apply({ fault: "duplicate", probability: 1, direction: "to_agent" });
  await client.sendData(PAYLOAD.output, NOP);
  assert.deepEqual(acknowledgedNumbers(await client.settled()), [1, 1]);
  assert.equal(test.session().counters.duplicates, 1);
});

test("reorder: the agent puts messages back in order", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  await client.settled();
  test.sandbox.faults.apply({
    fault: "reorder",
    probability: 1,
    count: 1,
    direction: "to_agent",
  });
  await client.sendData(PAYLOAD.output, NOP.subarray(0, 4));
  await client.sendData(PAYLOAD.output, NOP.subarray(4));
  assert.deepEqual(acknowledgedNumbers(await client.settled()), [2, 1]);
  assert.equal(test.session().status, "Connected");
});

test("corrupt: a digest that does not fit, then the message again", async (test) => {
  const grant = await test.startSession();
  test.sandbox.faults.apply({ fault: "corrupt", probability: 1, count: 1 });
  await using client = await ScriptedClient.open(grant);
  await client.until("garbage", ({ kind }) => kind === "garbage");
  assert.equal((await client.data(PAYLOAD.handshakeRequest)).sequenceNumber, 0);
});

test("lose_acks to the agent: it repeats until one arrives", async (test) => {
  const grant = await test.startSession();
  test.sandbox.faults.apply({ fault: "lose_acks", count: 2, direction: "to_agent" });
  await using client = await ScriptedClient.open(grant);
  for (let i = 0; i < 3; i++) await client.data(PAYLOAD.handshakeRequest);
  await client.settled();
  assert.equal(test.session().counters.unacknowledged, 0);
  assert.equal(test.session().counters.retransmissions, 2);
}, { timing: { retransmissionTickMs: 10 } });

for (
  const [kind, length] of [
    ["random_bytes", 200],
    ["short", 40],
    ["truncated", 125],
    ["wrong_digest", 149],
    ["oversized_header_length", 149],
    ["empty", 0],
  ] as [GarbageKind, number][]
) {
  test(`garbage: ${kind}`, async (test) => {
    const { client } = await openPortClient(test);
    await using _client = client;
    test.sandbox.faults.apply({ fault: "garbage", kind, times: 2 });
    for (let i = 0; i < 2; i++) {
      const heard = await client.until("garbage", (each) => each.kind === "garbage");
      assert.ok(heard.kind === "garbage");
      assert.equal(heard.frame.byteLength, length);
    }
  });
}

test("garbage: unknown_message_type", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  test.sandbox.faults.apply({ fault: "garbage", kind: "unknown_message_type" });
  await client.message("sandbox_nonsense");
});

test("publication messages reach the client", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  test.sandbox.faults.apply({ fault: "pause_publication" });
  await client.message("pause_publication");
  test.sandbox.faults.apply({ fault: "start_publication" });
  await client.message("start_publication");
});

// --- Sessions ---

test("end_session: channel_closed with a text, and nothing to resume", async (test) => {
  const { client, grant } = await openPortClient(test);
  await using _client = client;
  test.sandbox.faults.apply({ fault: "end_session", output: "Session timed out" });
  assert.equal(await closingText(client), "Session timed out");
  const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
  assert.equal(json.TokenValue, undefined);
});

test("refuse_resume, then it works; resume_without_token", async (test) => {
  const { SessionId } = await test.startSession();
  const resume = async () => {
    const { status, json } = await test.ssm("ResumeSession", { SessionId });
    return `${status} ${json.__type ?? (json.TokenValue === undefined ? "ended" : "token")}`;
  };
  test.sandbox.faults.apply({ fault: "refuse_resume", count: 2 });
  assert.deepEqual([await resume(), await resume(), await resume()], [
    "500 InternalServerError",
    "500 InternalServerError",
    "200 token",
  ]);
  test.sandbox.faults.apply({ fault: "refuse_resume", code: "DoesNotExistException", count: 1 });
  assert.equal(await resume(), "400 DoesNotExistException");
  test.sandbox.faults.apply({ fault: "resume_without_token", count: 1 });
  assert.deepEqual([await resume(), await resume()], ["200 ended", "200 token"]);
});

test("silence_handshake: no request, or no completion", async (test) => {
  for (const stage of ["request", "complete"] as const) {
    test.sandbox.faults.apply({ fault: "silence_handshake", stage, count: 1 });
    await using client = await ScriptedClient.open(await test.startSession());
    if (stage === "complete") {
      await client.data(PAYLOAD.handshakeRequest);
      await client.sendData(PAYLOAD.handshakeResponse, handshakeResponse());
      assert.deepEqual(acknowledgedNumbers(await client.settled()), [0]);
    }
    // The agent is there: it answers messages, and says nothing of its own.
    await client.sendData(PAYLOAD.size, utf8("{}"));
    const heard = await client.settled();
    assert.equal(acknowledgedNumbers(heard).length, heard.length);
  }
});

test("agent_version", async (test) => {
  test.sandbox.faults.apply({ fault: "agent_version", version: "3.0.0.0", count: 1 });
  await using client = await ScriptedClient.open(await test.startSession());
  const request = await client.data(PAYLOAD.handshakeRequest);
  assert.equal(JSON.parse(new TextDecoder().decode(request.payload)).AgentVersion, "3.0.0.0");
});

// --- APIs ---

const listSessions = (test: TestSandbox) => test.ssm("DescribeSessions", { State: "Active" });

test("api_error: code, status and message, for one operation or all", async (test) => {
  test.sandbox.faults.apply({
    fault: "api_error",
    operation: "DescribeSessions",
    code: "ThrottlingException",
    message: "Rate exceeded",
    count: 1,
  });
  assert.deepEqual(await listSessions(test), {
    status: 400,
    json: { __type: "ThrottlingException", message: "Rate exceeded" },
  });
  assert.equal((await listSessions(test)).status, 200);
  test.sandbox.faults.apply({ fault: "api_error", code: "InternalFailure" });
  assert.equal((await listSessions(test)).status, 500);
  const ec2 = await test.query("ec2", { Action: "DescribeInstances" });
  assert.match(ec2.text, /<Code>InternalFailure<\/Code>/);
  assert.equal(ec2.status, 500);
});

test("delay_api: the answer comes late", async (test) => {
  test.sandbox.faults.apply({ fault: "delay_api", ms: 60, operation: "DescribeSessions" });
  const startMs = performance.now();
  await listSessions(test);
  assert.ok(performance.now() - startMs >= 59);
});

test("hang_api: no answer, while other operations go on", async (test) => {
  test.sandbox.faults.apply({ fault: "hang_api", operation: "DescribeSessions", count: 1 });
  let isAnswered = false;
  const hanging = listSessions(test).then(() => isAnswered = true, () => {});
  while (test.sandbox.faults.list().length > 0) {
    await test.ssm("GetConnectionStatus", { Target: "x" });
  }
  assert.equal((await listSessions(test)).status, 200);
  assert.equal(isAnswered, false);
  await test.sandbox.stop();
  await hanging;
});

test("expire_credentials: temporary keys, and with user_key the user's", async (test) => {
  test.sandbox.faults.apply({ fault: "expire_credentials" });
  assert.equal((await listSessions(test)).status, 200);
  const { id } = test.sandbox.faults.apply({ fault: "expire_credentials", user_key: true });
  assert.equal((await listSessions(test)).json.__type, "ExpiredTokenException");
  test.sandbox.faults.clear(id);
  assert.equal((await listSessions(test)).status, 200);
});

test("clock_skew: good signatures are out of date, and the Date header shows why", async (test) => {
  test.sandbox.faults.apply({ fault: "clock_skew", ms: 600_000 });
  assert.equal((await listSessions(test)).json.__type, "InvalidSignatureException");
  const { headers } = await test.query("sts", { Action: "GetCallerIdentity" });
  const skewMs = Date.parse(headers.get("date")!) - Date.now();
  assert.ok(Math.abs(skewMs - 600_000) < 5_000, `${skewMs}`);
});

test("blackhole: the sandbox stops all the same, with a client that has sent something", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  await client.settled();
  test.sandbox.faults.apply({ fault: "blackhole" });
  await client.sendData(PAYLOAD.output, utf8("lost"));
  await test.sandbox.stop();
  assert.equal((await client.closed()).code, 1006);
});
