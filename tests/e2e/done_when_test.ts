/**
 * The promise of a tunnel, kept by the real command: pages, large transfers and many connections, all
 * at the same time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pattern, readExactly, writeAll } from "../support/forwarding.ts";
import { fetchPage, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

const TRANSFER_BYTES = 50_000_000;
const ECHOING = 50;
const ALONE = { connection: "close" };

async function upload(url: string): Promise<void> {
  const body = pattern(TRANSFER_BYTES);
  const answer = await fetch(`${url}/upload`, { method: "POST", body, headers: ALONE });
  const sha256 = createHash("sha256").update(body).digest("hex");
  assert.deepEqual(await answer.json(), { bytes: TRANSFER_BYTES, sha256 });
}

async function download(url: string): Promise<void> {
  const answer = await fetch(`${url}/bytes?n=${TRANSFER_BYTES}`, { headers: ALONE });
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of answer.body!) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  assert.equal(bytes, TRANSFER_BYTES);
  assert.equal(hash.digest("hex"), answer.headers.get("x-sha256"));
}

/** Sends distinct texts over one connection until `isDone`, and gets each back; how many those were. */
async function keepEchoing(
  conn: Deno.Conn,
  { seed, isDone }: { seed: number; isDone(): boolean },
): Promise<number> {
  for (let round = 0;; round++) {
    if (isDone()) return round;
    const sent = pattern(700 + seed, seed + round);
    await writeAll(conn, sent);
    assert.deepEqual(await readExactly(conn, sent.length), sent, `connection ${seed}`);
  }
}

Deno.test(
  "connect carries HTTP, 50 MB up and 50 MB down while 50 other connections echo",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = world.start([
      ...["connect", "web-1", "-L", `0:${world.service("http")}`],
      ...["-L", `0:${world.service("echo")}`, "--format", "json"],
    ]);
    const ready = [await child.event<ReadyEvent>("ready"), await child.event<ReadyEvent>("ready")];
    const portTo = (service: "http" | "echo") =>
      ready.find(({ remote_port }) => String(remote_port) === world.service(service))!.local_port;
    const url = `http://127.0.0.1:${portTo("http")}`;
    const conns = await Promise.all(
      Array.from(
        { length: ECHOING },
        () => Deno.connect({ hostname: "127.0.0.1", port: portTo("echo") }),
      ),
    );
    let isDone = false;
    const transfers = Promise.all([upload(url), download(url), fetchPage(portTo("http"))]);
    const [[_uploaded, _downloaded, page], ...rounds] = await Promise.all([
      transfers.finally(() => isDone = true),
      ...conns.map((conn, seed) => keepEchoing(conn, { seed, isDone: () => isDone })),
    ]);
    assert.match(page, /It works/);
    assert.ok(Math.min(...rounds) > 1, "every connection went on while the transfers ran");
    for (const conn of conns) conn.close();
    assert.equal(await child.interrupt(), 0);
    assert.equal((await child.result()).stderr, "");
    assert.deepEqual(world.sessionStates, ["Terminated", "Terminated"]);
  },
);
