/**
 * Every byte arrives, once and in order, whatever happens to the connection: many faults in one
 * transfer, in both directions, at places drawn from a seed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { carryOut, type FaultKind, lossyPath, planFaults, seedOf } from "../support/fault_plan.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { type Direction, startTransfer, type Transfer } from "../support/transfer.ts";
import { Tunnel } from "../support/tunnel.ts";

const MEGABYTE = 1_000_000;
/** Without end, and quick: the faults are many, and the machine may be slow. */
const RECONNECT = { maxAttempts: 0, baseDelayMs: 10, maxDelayMs: 50 };
/**
 * The agent brings back only its oldest message, one in this time; the real one takes 100 ms for each
 * and would make these tests very long.
 */
const TIMING = { retransmissionTickMs: 5 };

async function openTunnel(box: TestSandbox): Promise<Tunnel> {
  return await Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
    reconnect: RECONNECT,
  });
}

function transfer(direction: Direction, bytes: number, tunnel: Tunnel): Transfer {
  const arrived = () => tunnel.remote.counters.bytesFromClient;
  return startTransfer(direction, { url: tunnel.url, bytes, arrived });
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
