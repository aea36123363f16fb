/**
 * What a loss costs: how soon it is noticed, how soon the session is back, by the session's own
 * recorded times; and what a path that loses messages leaves of the speed. Printed as Markdown tables.
 *
 * @module
 */
import { lossyPath } from "../tests/support/fault_plan.ts";
import { writeAll } from "../tests/support/forwarding.ts";
import { openSandbox, type TestSandbox } from "../tests/support/sandbox.ts";
import { type Direction, startTransfer } from "../tests/support/transfer.ts";
import { Tunnel } from "../tests/support/tunnel.ts";
import { median } from "./tunnel/measure.ts";

const ROUNDS = 5;
const MEGABYTE = 1_000_000;
const LOSSY_BYTES = 50 * MEGABYTE;
/** The configuration's defaults, but for the attempts: an outage of the bench must not end it. */
const RECONNECT = { maxAttempts: 0, baseDelayMs: 1_000, maxDelayMs: 16_000 };
const HEALTH_CHECK_INTERVAL_MS = 5_000;

type Loss = { fault: "blackhole" | "gateway_down" | "cut" };

/** From the loss to the session's notice of it, and from its end to the session being back. */
interface Cost {
  noticedMs: number;
  backMs: number;
}

function open(box: TestSandbox): Promise<Tunnel> {
  return Tunnel.open(box, {
    remotePort: box.instance("healthy").services.http,
    reconnect: RECONNECT,
    healthCheckIntervalMs: HEALTH_CHECK_INTERVAL_MS,
  });
}

/** Strikes a session, with a request on its way or without. */
async function cost(loss: Loss, isBusy: boolean): Promise<Cost> {
  await using box = await openSandbox();
  await using tunnel = await open(box);
  if (isBusy) {
    const conn = await tunnel.connect();
    const request = `GET /bytes?n=${LOSSY_BYTES} HTTP/1.1\r\nhost: x\r\n\r\n`;
    await writeAll(conn, new TextEncoder().encode(request));
    drain(conn);
    await tunnel.events.when(() => tunnel.events.connections.includes("opened"));
  }
  const lastAtMs = (state: string) =>
    tunnel.session.snapshot().history.findLast(({ to }) => to === state)!.atMs;
  const lost = tunnel.events.next("resuming");
  const back = tunnel.events.next("active");
  const lostMs = Date.now();
  const { id } = box.sandbox.faults.apply(loss);
  await lost;
  const endMs = loss.fault === "cut" ? lostMs : Date.now();
  box.sandbox.faults.clear(id);
  await back;
  return { noticedMs: lastAtMs("resuming") - lostMs, backMs: lastAtMs("active") - endMs };
}

async function drain(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } catch {
    // Closed with the tunnel.
  }
}

/** Seconds of a transfer over 5 % loss, 5 % repetition and reordering; its checksum must hold. */
async function lossySeconds(direction: Direction): Promise<number> {
  await using box = await openSandbox({ timing: { retransmissionTickMs: 5 } });
  await using tunnel = await open(box);
  for (const fault of lossyPath(1, 0.05)) box.sandbox.faults.apply(fault);
  const startedMs = performance.now();
  const { sent, received } = await startTransfer(direction, {
    url: tunnel.url,
    bytes: LOSSY_BYTES,
    arrived: () => tunnel.remote.counters.bytesFromClient,
  }).done;
  if (sent !== received) throw new Error(`bytes were lost ${direction}`);
  return (performance.now() - startedMs) / 1000;
}

const say = (line: string) => {
  // deno-lint-ignore no-console
  console.log(line);
};

if (import.meta.main) {
  say(`### Losses (median and longest of ${ROUNDS}, ms)\n`);
  say("| loss | noticed after | back after its end |");
  say("| --- | ---: | ---: |");
  for (const fault of ["cut", "gateway_down", "blackhole"] as const) {
    for (const isBusy of [false, true]) {
      const costs: Cost[] = [];
      for (let round = 0; round < ROUNDS; round++) costs.push(await cost({ fault }, isBusy));
      const cell = (values: number[]) => `${median(values)}, ${Math.max(...values)}`;
      const what = `\`${fault}\`, ${isBusy ? "with a download" : "idle"}`;
      say(
        `| ${what} | ${cell(costs.map(({ noticedMs }) => noticedMs))} | ` +
          `${cell(costs.map(({ backMs }) => backMs))} |`,
      );
    }
  }
  say(`\n### ${LOSSY_BYTES / MEGABYTE} MB over 5 % loss, 5 % repetition and reordering\n`);
  say("| direction | seconds | MB/s |");
  say("| --- | ---: | ---: |");
  for (const direction of ["up", "down"] as const) {
    const seconds = await lossySeconds(direction);
    const rate = LOSSY_BYTES / MEGABYTE / seconds;
    say(`| ${direction} | ${seconds.toFixed(1)} | ${rate.toFixed(2)} |`);
  }
}
