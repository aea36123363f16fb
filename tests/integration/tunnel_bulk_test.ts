/**
 * Many bytes and many connections through one tunnel, from the local socket to the target and back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pattern, readAll, readExactly, writeAll } from "../support/forwarding.ts";
import { openSandbox } from "../support/sandbox.ts";
import { Tunnel } from "../support/tunnel.ts";

const MEGABYTE = 1_000_000;
const BULK_BYTES = 50 * MEGABYTE;
/** Each request on a connection of its own, so that nothing stays open behind the test. */
const ALONE = { connection: "close" };

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function digestOf(response: Response): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of response.body!) hash.update(chunk);
  return hash.digest("hex");
}

Deno.test("tunnel: 200 connections at a time, each gets its own bytes back", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.echo,
  });
  const connections = await Promise.all(Array.from({ length: 200 }, () => tunnel.connect()));
  await tunnel.became("opened", 200);
  assert.equal(tunnel.session.stats().openConnections, 200);
  await Promise.all(connections.map(async (conn, index) => {
    // Of different lengths too: a byte of another connection cannot go unnoticed.
    const sent = pattern(10_000 + index, index);
    const [received] = await Promise.all([readExactly(conn, sent.length), writeAll(conn, sent)]);
    assert.deepEqual(received, sent, `connection ${index}`);
  }));
  // All of them still stand, and none got a byte more or less.
  assert.equal(tunnel.session.stats().openConnections, 200);
  assert.equal(tunnel.remote.targetConnections, 200);
  const total = 200 * 10_000 + 199 * 200 / 2;
  const { bytesIn, bytesOut } = tunnel.session.stats();
  assert.deepEqual({ bytesIn, bytesOut }, { bytesIn: total, bytesOut: total });
});

Deno.test("tunnel: 50 MB up and 50 MB down arrive whole", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
  });
  const body = pattern(BULK_BYTES);
  const uploaded = await fetch(`${tunnel.url}/upload`, { method: "POST", body, headers: ALONE });
  assert.deepEqual(await uploaded.json(), { bytes: BULK_BYTES, sha256: sha256(body) });
  const download = await fetch(`${tunnel.url}/bytes?n=${BULK_BYTES}`, { headers: ALONE });
  assert.equal(download.headers.get("content-length"), String(BULK_BYTES));
  assert.equal(await digestOf(download), download.headers.get("x-sha256"));
  const { bytesIn, bytesOut } = tunnel.session.stats();
  assert.ok(bytesOut > BULK_BYTES && bytesIn > BULK_BYTES, `${bytesOut} out, ${bytesIn} in`);
});

Deno.test("tunnel: 20 MB go both ways on one connection while others echo beside it", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.echo,
  });
  const bulk = await tunnel.connect();
  const others = await Promise.all(Array.from({ length: 20 }, () => tunnel.connect()));
  const sent = pattern(20 * MEGABYTE);
  let isBulkDone = false;
  let rounds = 0;
  const [received] = await Promise.all([
    readExactly(bulk, sent.length).finally(() => isBulkDone = true),
    writeAll(bulk, sent),
    ...others.map(async (conn, index) => {
      for (let round = 0; round === 0 || !isBulkDone; round++) {
        const text = pattern(500, index + round);
        await writeAll(conn, text);
        assert.deepEqual(await readExactly(conn, text.length), text, `connection ${index}`);
        rounds++;
      }
    }),
  ]);
  assert.equal(sha256(received), sha256(sent));
  assert.ok(rounds > others.length, "the others went on beside the bulk");
});

Deno.test("tunnel: a program that does not read holds up only its own connection", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
  });
  // More than the sockets in between could hold: it is the tunnel that has to wait for its reader.
  const slowBytes = 24 * MEGABYTE;
  const slow = await tunnel.connect();
  const request = `GET /bytes?n=${slowBytes} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
  await writeAll(slow, new TextEncoder().encode(request));
  const fast = await fetch(`${tunnel.url}/bytes?n=${10 * MEGABYTE}`, { headers: ALONE });
  assert.equal(await digestOf(fast), fast.headers.get("x-sha256"));
  // Nothing has been read of the slow one, which still stands. Now it gets everything, in order.
  assert.deepEqual(tunnel.connection(1).map(({ status }) => status), ["opened"]);
  const answer = await readAll(slow);
  const head = new TextDecoder("latin1").decode(answer.subarray(0, 1_000)).split("\r\n\r\n")[0]!;
  const body = answer.subarray(head.length + 4);
  assert.equal(body.length, slowBytes);
  assert.equal(sha256(body), /^x-sha256: (\w+)$/im.exec(head)?.[1]);
});

Deno.test("tunnel: the sandbox stops although a large answer is on its way", async () => {
  await using box = await openSandbox();
  await using tunnel = await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
  });
  const conn = await tunnel.connect();
  const request = `GET /bytes?n=${50 * MEGABYTE} HTTP/1.1\r\nhost: x\r\n\r\n`;
  await writeAll(conn, new TextEncoder().encode(request));
  await readExactly(conn, 1_000);
  box.sandbox.faults.apply({ fault: "cut" });
  await tunnel.session.closed;
  await box.sandbox.stop();
});
