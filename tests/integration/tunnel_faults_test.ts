/**
 * Tunnels over a path that loses, doubles, overtakes, damages and cuts: every byte arrives, once and
 * in order, in both directions.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Fault } from "../../src/sandbox/mod.ts";
import { pattern, readAll, readExactly, writeAll } from "../support/forwarding.ts";
import { eventually } from "../support/port_client.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { Tunnel } from "../support/tunnel.ts";

const RECONNECT = { maxAttempts: 5, baseDelayMs: 10, maxDelayMs: 20 };

/**
 * The counts are small because the agent repeats one message in 100 ms, the real one as well; a path
 * that loses more is only slower.
 */
const PATHS: readonly Fault[] = [
  { fault: "drop", probability: 0.1, count: 5, direction: "to_client" },
  { fault: "drop", probability: 0.1, count: 20, direction: "to_agent" },
  { fault: "lose_acks", probability: 0.5, count: 100, direction: "to_client" },
  { fault: "lose_acks", probability: 0.1, count: 5, direction: "to_agent" },
  { fault: "duplicate", probability: 0.5 },
  { fault: "reorder", probability: 0.3 },
  { fault: "corrupt", probability: 0.1, count: 5 },
  { fault: "delay", ms: 20 },
];

for (const fault of PATHS) {
  const { fault: name, ...how } = fault;
  Deno.test(`tunnel: no byte is lost over a path with ${name} ${JSON.stringify(how)}`, async () => {
    await using box = await openSandbox();
    await using tunnel = await Tunnel.open(box, {
      remotePort: box.instance("healthy").services.echo,
    });
    box.sandbox.faults.apply(fault);
    const conns = [await tunnel.connect(), await tunnel.connect()];
    await Promise.all(conns.map(async (conn, index) => {
      const sent = pattern(100_000, index);
      const [received] = await Promise.all([readExactly(conn, sent.length), writeAll(conn, sent)]);
      assert.deepEqual(received, sent, `connection ${index}`);
    }));
    const [left] = box.sandbox.faults.list();
    assert.ok(left === undefined || left.strikes > 0, "the fault never struck");
    assert.deepEqual(tunnel.events.connections, ["opened", "opened"]);
  });
}

const LOSSES: readonly Fault[] = [
  { fault: "cut" },
  // The service's routine close.
  { fault: "close" },
  { fault: "close", code: 1011, reason: "internal error" },
  { fault: "cut" },
];

/** Takes the connection away as soon as there is one. */
async function lose(box: TestSandbox, tunnel: Tunnel, fault: Fault): Promise<void> {
  await eventually("connected again", () => tunnel.remote.isConnected);
  assert.deepEqual(box.sandbox.faults.apply(fault), { affected: 1 });
}

Deno.test("tunnel: an upload goes on over connections that are lost again and again", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
    reconnect: RECONNECT,
  });
  const body = pattern(20_000_000);
  const headers = { connection: "close" };
  const uploading = fetch(`${tunnel.url}/upload`, { method: "POST", body, headers });
  for (const [index, fault] of LOSSES.entries()) {
    const leastBytes = (index + 1) * 3_000_000;
    await eventually("on its way", () => tunnel.remote.counters.bytesFromClient > leastBytes);
    await lose(box, tunnel, fault);
  }
  const sha256 = createHash("sha256").update(body).digest("hex");
  assert.deepEqual(await (await uploading).json(), { bytes: body.length, sha256 });
  await tunnel.events.entered("active", 1 + LOSSES.length);
  assert.equal(tunnel.session.stats().reconnects, LOSSES.length);
  assert.equal(tunnel.remote.clientIds, 1, "the service knows the client by its id");
});

Deno.test("tunnel: what was on its way back arrives after a lost connection", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.echo,
    reconnect: RECONNECT,
  });
  const conn = await tunnel.connect();
  for (const [index, fault] of LOSSES.entries()) {
    // Little: the agent brings back one message in 100 ms, the real one as well.
    const sent = pattern(8_000, index);
    await writeAll(conn, sent);
    await lose(box, tunnel, fault);
    assert.deepEqual(await readExactly(conn, sent.length), sent, `after loss ${index}`);
  }
  await tunnel.events.entered("active", 1 + LOSSES.length);
  assert.equal(tunnel.session.stats().reconnects, LOSSES.length);
  assert.deepEqual(tunnel.events.connections, ["opened"]);
});

Deno.test("tunnel: publication that is paused holds bytes back and loses none", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.echo,
  });
  const conn = await tunnel.connect();
  const sent = pattern(50_000);
  assert.deepEqual(box.sandbox.faults.apply({ fault: "pause_publication" }), { affected: 1 });
  const echoed = readExactly(conn, sent.length);
  await writeAll(conn, sent);
  assert.deepEqual(box.sandbox.faults.apply({ fault: "start_publication" }), { affected: 1 });
  assert.deepEqual(await echoed, sent);
});

Deno.test("tunnel: a session that cannot be resumed is started anew, behind the same port", async () => {
  const faults: Fault[] = [
    { fault: "resume_without_token", count: 1 },
    { fault: "refuse_resume", code: "DoesNotExistException", count: 1 },
  ];
  for (const fault of faults) {
    await using box = await openSandbox();
    await using tunnel = await Tunnel.open(box, {
      remotePort: box.instance("healthy").services.echo,
      reconnect: RECONNECT,
    });
    const { sessionId, localPort } = tunnel.session.ready;
    const old = await tunnel.connect();
    await tunnel.became("opened", 1);
    box.sandbox.faults.apply(fault);
    box.sandbox.faults.apply({ fault: "cut" });
    await tunnel.became("reset", 1);
    await readAll(old).catch(() => {});
    // Made while the session is being replaced or after: it is served by the new one.
    const conn = await tunnel.connect();
    const sent = pattern(10_000);
    await writeAll(conn, sent);
    assert.deepEqual(await readExactly(conn, sent.length), sent);
    const snapshot = tunnel.session.snapshot();
    assert.notEqual(snapshot.sessionId, sessionId);
    assert.deepEqual(snapshot.previousSessionIds, [sessionId]);
    assert.deepEqual([snapshot.localPort, snapshot.restarts], [localPort, 1]);
    assert.deepEqual(tunnel.events.states.slice(2), ["resuming", "restarting", "active"]);
  }
});

Deno.test("tunnel: a resume that is not allowed ends the session, and says why", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.echo,
    reconnect: RECONNECT,
  });
  box.sandbox.faults.apply({ fault: "refuse_resume", code: "AccessDeniedException" });
  box.sandbox.faults.apply({ fault: "cut" });
  const end = await tunnel.session.closed;
  assert.equal(end.by, "lost");
  assert.match(end.reason, /not allowed: ssm:ResumeSession/);
});

Deno.test("tunnel: packets that vanish are noticed, and nothing is lost when they come back", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.echo,
    reconnect: { ...RECONNECT, maxAttempts: 0 },
    healthCheckIntervalMs: 500,
  });
  const conn = await tunnel.connect();
  const sent = pattern(50_000);
  const { id } = box.sandbox.faults.apply({ fault: "blackhole" });
  const echoed = readExactly(conn, sent.length);
  await writeAll(conn, sent);
  await tunnel.events.entered("resuming");
  box.sandbox.faults.clear(id);
  assert.deepEqual(await echoed, sent);
  assert.deepEqual(tunnel.events.states.slice(2, 4), ["suspect", "resuming"]);
  assert.deepEqual(tunnel.events.connections, ["opened"]);
});
