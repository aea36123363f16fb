/**
 * The services behind the sandbox's instances, reached directly.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openSandbox } from "../support/sandbox.ts";
import { readText } from "../support/port_client.ts";
import { utf8 } from "../support/hex.ts";
import type { SandboxServices } from "../../src/sandbox/mod.ts";

function test(name: string, fn: (ports: SandboxServices) => Promise<void>): void {
  Deno.test(`sandbox services: ${name}`, async () => {
    await using test = await openSandbox({ timing: { sinkSilenceMs: 50 } });
    await fn(test.instance("healthy").services);
  });
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await conn.write(bytes.subarray(at));
}

async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  const parts: number[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    parts.push(...buffer.subarray(0, count));
  }
  return Uint8Array.from(parts);
}

test("echo returns every byte, and the end", async ({ echo }) => {
  using conn = await Deno.connect({ port: echo });
  const data = new Uint8Array(300_000).map((_, i) => i * 31);
  const sending = writeAll(conn, data).then(() => conn.closeWrite());
  assert.equal(sha256(await readAll(conn)), sha256(data));
  await sending;
});

test("sink answers the count after a half-close", async ({ sink }) => {
  using conn = await Deno.connect({ port: sink });
  await writeAll(conn, new Uint8Array(123_456));
  await conn.closeWrite();
  assert.equal(new TextDecoder().decode(await readAll(conn)), "123456\n");
});

test("sink answers the count after silence", async ({ sink }) => {
  using conn = await Deno.connect({ port: sink });
  await conn.write(utf8("12345"));
  assert.equal(new TextDecoder().decode(await readAll(conn)), "5\n");
});

test("ssh says a version line", async ({ ssh }) => {
  using conn = await Deno.connect({ port: ssh });
  assert.equal(await readText(conn, 8), "SSH-2.0-");
});

test("http serves a page, and 404 for what it does not have", async ({ http }) => {
  const page = await fetch(`http://127.0.0.1:${http}/`);
  assert.match(await page.text(), /It works/);
  const missing = await fetch(`http://127.0.0.1:${http}/nothing`);
  assert.equal(missing.status, 404);
  await missing.body?.cancel();
});

for (const count of [0, 1, 65_536, 1_000_003]) {
  test(`http streams ${count} bytes with their digest, always the same`, async ({ http }) => {
    const url = `http://127.0.0.1:${http}/bytes?n=${count}`;
    const answer = await fetch(url);
    const bytes = await answer.bytes();
    assert.equal(bytes.byteLength, count);
    assert.equal(answer.headers.get("x-sha256"), sha256(bytes));
    assert.equal(sha256(await (await fetch(url)).bytes()), sha256(bytes));
  });
}

for (const n of ["", "x", "-1", "1.5", "1073741825"]) {
  test(`http refuses n=${n}`, async ({ http }) => {
    const answer = await fetch(`http://127.0.0.1:${http}/bytes?n=${n}`);
    assert.equal(answer.status, 400);
    await answer.body?.cancel();
  });
}

test("http counts and digests an upload", async ({ http }) => {
  const body = new Uint8Array(500_000).map((_, i) => i * 13);
  const answer = await fetch(`http://127.0.0.1:${http}/upload`, { method: "POST", body });
  assert.deepEqual(await answer.json(), { bytes: 500_000, sha256: sha256(body) });
});
