/**
 * Every byte arrives, once and in order, whatever happens to the connection: many faults in one
 * transfer, in both directions, at places drawn from a seed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { carryOut, type FaultKind, lossyPath, planFaults, seedOf } from "../support/fault_plan.ts";
import { pattern } from "../support/forwarding.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { Tunnel } from "../support/tunnel.ts";

const MEGABYTE = 1_000_000;
/** Each request on a connection of its own, so that nothing stays open behind the test. */
const ALONE = { connection: "close" };
/** Without end, and quick: the faults are many, and the machine may be slow. */
const RECONNECT = { maxAttempts: 0, baseDelayMs: 10, maxDelayMs: 50 };
/**
 * The agent brings back only its oldest message, one in this time; the real one takes 100 ms for each
 * and would make these tests very long.
 */
const TIMING = { retransmissionTickMs: 5 };

type Direction = "up" | "down";

/** A transfer through a tunnel: what has come through so far, and its checksums at the end. */
interface Transfer {
  progress(): number;
  done: Promise<{ sent: string; received: string }>;
}

function transfer(direction: Direction, bytes: number, tunnel: Tunnel): Transfer {
  if (direction === "up") {
    const body = pattern(bytes);
    const upload = async () => {
      const answer = await fetch(`${tunnel.url}/upload`, { method: "POST", body, headers: ALONE });
      const received: { bytes: number; sha256: string } = await answer.json();
      assert.equal(received.bytes, bytes);
      const sent = createHash("sha256").update(body).digest("hex");
      return { sent, received: received.sha256 };
    };
    return { progress: () => tunnel.remote.counters.bytesFromClient, done: upload() };
  }
  let count = 0;
  const download = async () => {
    const answer = await fetch(`${tunnel.url}/bytes?n=${bytes}`, { headers: ALONE });
    const hash = createHash("sha256");
    for await (const chunk of answer.body!) {
      hash.update(chunk);
      count += chunk.byteLength;
    }
    assert.equal(count, bytes);
    return { sent: answer.headers.get("x-sha256")!, received: hash.digest("hex") };
  };
  return { progress: () => count, done: download() };
}

async function openTunnel(box: TestSandbox): Promise<Tunnel> {
  return await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
    reconnect: RECONNECT,
  });
}

/** A transfer with faults of these kinds in it. */
async function transferWith(
  kinds: readonly FaultKind[],
  { direction, bytes, count, seed }: {
    direction: Direction;
    bytes: number;
    count: number;
    seed: number;
  },
): Promise<void> {
  await using box = await openSandbox({ timing: TIMING });
  await using tunnel = await openTunnel(box);
  const { progress, done } = transfer(direction, bytes, tunnel);
  const plan = planFaults(seed, { kinds, count, totalBytes: bytes });
  await carryOut(plan, {
    faults: box.sandbox.faults,
    progress,
    isConnected: () => tunnel.events.states.at(-1) === "active" && tunnel.remote.isConnected,
    nextLoss: () => tunnel.events.next("resuming"),
  });
  const { sent, received } = await done;
  assert.equal(received, sent);
  assert.deepEqual(tunnel.events.connections.slice(0, 1), ["opened"]);
  assert.ok(!tunnel.events.connections.includes("reset"), "the local connection stays");
  assert.equal(tunnel.remote.clientIds, 1);
  // The session may not have come back from the last ones when the last byte is there.
  await tunnel.events.entered("active", 1 + count);
}

for (const direction of ["up", "down"] as const) {
  const cuts = seedOf(direction === "up" ? 1 : 2);
  Deno.test(`proof: 50 MB ${direction} with 100 cuts (seed ${cuts})`, async () => {
    await transferWith(["cut"], { direction, bytes: 50 * MEGABYTE, count: 100, seed: cuts });
  });

  const mixed = seedOf(direction === "up" ? 3 : 4);
  Deno.test(`proof: 20 MB ${direction} with 30 losses of every kind (seed ${mixed})`, async () => {
    await transferWith(
      ["cut", "hourly_close", "error_close", "gateway_restart", "refused_resume"],
      { direction, bytes: 20 * MEGABYTE, count: 30, seed: mixed },
    );
  });

  const lossy = seedOf(direction === "up" ? 5 : 6);
  Deno.test(
    `proof: 5 MB ${direction} over 5 % loss, 5 % repetition and reordering (seed ${lossy})`,
    async () => {
      await using box = await openSandbox({ timing: TIMING });
      await using tunnel = await openTunnel(box);
      for (const fault of lossyPath(lossy, 0.05)) box.sandbox.faults.apply(fault);
      const { sent, received } = await transfer(direction, 5 * MEGABYTE, tunnel).done;
      assert.equal(received, sent);
      for (const { fault, strikes } of box.sandbox.faults.list()) {
        assert.ok(strikes > 100, `${fault.fault} struck ${strikes} times`);
      }
      assert.equal(tunnel.session.stats().reconnects, 0);
    },
  );
}
