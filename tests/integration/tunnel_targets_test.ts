/**
 * Tunnels to targets and agents of every kind: refused, behind the instance, old, too old.
 *
 * @module
 */
import assert from "node:assert/strict";
import { AppError } from "../../src/errors/mod.ts";
import { type Clock, systemClock } from "../../src/platform/mod.ts";
import { HALF_CLOSE_GRACE_MS } from "../../src/session/local_connection.ts";
import { pattern, readAll, readExactly, writeAll } from "../support/forwarding.ts";
import { eventually } from "../support/port_client.ts";
import { quietPort } from "../support/quiet_port.ts";
import { openSandbox } from "../support/sandbox.ts";
import { Tunnel } from "../support/tunnel.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function echoes(conn: Deno.Conn, text: string): Promise<string> {
  const sent = encoder.encode(text);
  await writeAll(conn, sent);
  return decoder.decode(await readExactly(conn, sent.length));
}

Deno.test("tunnel: a refused port is told once for each connection, and the session lives", async () => {
  await using box = await openSandbox();
  const remotePort = quietPort();
  await using tunnel = await Tunnel.open(box, { remotePort });
  const conns = await Promise.all([tunnel.connect(), tunnel.connect(), tunnel.connect()]);
  // Each program sees its connection end; some while they are sending.
  for (const conn of conns) await readAll(conn).catch(() => {});
  await tunnel.became("refused", 3);
  for (const number of [1, 2, 3]) {
    assert.deepEqual(
      tunnel.connection(number).map(({ status }) => status),
      ["opened", "refused"],
      `connection ${number}`,
    );
    const [, refused] = tunnel.connection(number);
    assert.ok(refused?.status === "refused");
    assert.match(refused.reason, new RegExp(`localhost:${remotePort}: nothing listens there`));
  }
  // The server comes up, and the same session reaches it.
  using server = Deno.listen({ hostname: "127.0.0.1", port: remotePort });
  const accepted = server.accept();
  const conn = await tunnel.connect();
  await writeAll(conn, encoder.encode("hello"));
  using served = await accepted;
  assert.equal(decoder.decode(await readExactly(served, 5)), "hello");
  assert.equal(tunnel.remote.status, "Connected");
  assert.equal(tunnel.session.stats().openConnections, 1);
});

Deno.test("tunnel: an old agent serves one connection after the other, greetings included", async () => {
  await using box = await openSandbox();
  const { services } = box.instance("old-agent");
  await using tunnel = await Tunnel.open(box, { instance: "old-agent", remotePort: services.ssh });
  assert.equal(tunnel.session.ready.mode, "basic");
  const greeting = "SSH-2.0-ec2connect_sandbox banner only\r\n";
  const first = await tunnel.connect();
  assert.equal(decoder.decode(await readExactly(first, greeting.length)), greeting);
  // The next one waits for its turn, and then gets a target connection and a greeting of its own.
  const second = await tunnel.connect();
  await writeAll(second, encoder.encode("SSH-2.0-test\r\n"));
  first.close();
  assert.equal(decoder.decode(await readExactly(second, greeting.length)), greeting);
  assert.deepEqual(tunnel.events.connections, ["opened", "closed", "opened"]);
  assert.equal(tunnel.remote.mode, "basic");
  assert.equal(tunnel.remote.targetConnections, 1);
});

Deno.test("tunnel: bytes of an old agent's connections arrive whole and never mixed", async () => {
  await using box = await openSandbox();
  const { services } = box.instance("old-agent");
  await using tunnel = await Tunnel.open(box, { instance: "old-agent", remotePort: services.echo });
  for (let round = 0; round < 3; round++) {
    const conn = await tunnel.connect();
    const sent = pattern(400_000 + round, round);
    const [received] = await Promise.all([readExactly(conn, sent.length), writeAll(conn, sent)]);
    assert.deepEqual(received, sent, `round ${round}`);
    conn.close();
  }
});

Deno.test("tunnel: an old agent's connection that was lost is resumed", async () => {
  await using box = await openSandbox();
  const { services } = box.instance("old-agent");
  await using tunnel = await Tunnel.open(box, {
    instance: "old-agent",
    remotePort: services.echo,
    reconnect: { maxAttempts: 5, baseDelayMs: 10, maxDelayMs: 10 },
  });
  const conn = await tunnel.connect();
  assert.equal(await echoes(conn, "before"), "before");
  assert.deepEqual(box.sandbox.faults.apply({ fault: "cut" }), { affected: 1 });
  assert.equal(await echoes(conn, "after"), "after");
  assert.deepEqual(tunnel.events.states.slice(-2), ["resuming", "active"]);
});

Deno.test("tunnel: to a host that only the instance can name", async () => {
  await using box = await openSandbox();
  const { services } = box.instance("healthy");
  await using tunnel = await Tunnel.open(box, {
    remoteHost: "db.internal",
    remotePort: services.echo,
  });
  assert.equal(await echoes(await tunnel.connect(), "select 1"), "select 1");
  assert.equal(tunnel.remote.documentName, "AWS-StartPortForwardingSessionToRemoteHost");
});

Deno.test("tunnel: an agent too old for a remote host is an error, and nothing stays open", async () => {
  await using box = await openSandbox();
  // Older than the service has on record, so that only the handshake can show it.
  box.sandbox.faults.apply({ fault: "agent_version", version: "3.1.0.0" });
  const opening = Tunnel.open(box, { remoteHost: "db.internal", remotePort: 5432 });
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.kind, "target");
    assert.match(error.message, /^Forwarding to db\.internal: the agent on i-\w+ is too old$/);
    return true;
  });
  assert.equal(box.session().status, "Terminated");
});

/** Lets a local end be passed on soon, so that the test need not wait for it; all else is real. */
const IMPATIENT_CLOCK: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) =>
    systemClock.setTimeout(callback, delayMs === HALF_CLOSE_GRACE_MS ? 20 : delayMs),
};

Deno.test("tunnel: 100 connections opened and closed in turn leave none open", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.echo,
    clock: IMPATIENT_CLOCK,
  });
  for (let round = 1; round <= 100; round++) {
    const conn = await tunnel.connect();
    assert.equal(await echoes(conn, `round ${round}`), `round ${round}`);
    conn.close();
  }
  await tunnel.became("closed", 100);
  assert.equal(tunnel.session.stats().openConnections, 0);
  await eventually("the agent has closed them too", () => tunnel.remote.targetConnections === 0);
  assert.deepEqual(tunnel.events.connections.filter((status) => status === "reset"), []);
});

Deno.test("tunnel: connections that the target closes are over at once", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
  });
  for (let round = 0; round < 100; round++) {
    const page = await fetch(tunnel.url, { headers: { connection: "close" } });
    assert.match(await page.text(), /It works/);
  }
  await tunnel.became("closed", 100);
  assert.equal(tunnel.session.stats().openConnections, 0);
  assert.equal(tunnel.remote.targetConnections, 0);
});
