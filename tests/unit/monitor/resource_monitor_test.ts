import assert from "node:assert/strict";
import { type Limit, ResourceMonitor } from "../../../src/monitor/mod.ts";
import type { ProcessStatistics } from "../../../src/platform/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const MB = 1_000_000;

class Fixture {
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  readonly log: string[] = [];
  process: ProcessStatistics = { residentBytes: 70 * MB, cpuMs: 100, descriptors: 20 };
  bytes = 0;
  readonly monitor: ResourceMonitor;

  constructor(options: { isLowPower?: boolean; floorBytes?: number | undefined } = {}) {
    const { isLowPower, floorBytes } = { isLowPower: false, floorBytes: 70 * MB, ...options };
    this.monitor = new ResourceMonitor({
      clock: this.clock,
      read: () => Promise.resolve({ ...this.process }),
      limits: { maxMemoryMb: 10, maxCpuPercent: 0.5, isLowPower },
      floorBytes,
      sessions: () => ({ count: 2, bytes: this.bytes }),
      relief: {
        texts: ["less of everything"],
        begin: () => this.log.push("begin"),
        end: () => this.log.push("end"),
      },
      warn: (message) => this.warnings.push(message),
    });
  }

  async pass(ms: number, change: Partial<ProcessStatistics> = {}) {
    this.clock.advance(ms);
    this.process = { ...this.process, ...change };
    return await this.monitor.report();
  }
}

Deno.test("memory is told as floor, added and total", async () => {
  const f = new Fixture();
  const { memory, sessions, descriptors, exceeded } = await f.pass(0, { residentBytes: 73 * MB });
  assert.deepEqual(memory, { floorBytes: 70 * MB, addedBytes: 3 * MB, totalBytes: 73 * MB });
  assert.deepEqual([sessions, descriptors, exceeded], [2, 20, []]);
  assert.equal((await f.pass(0, { residentBytes: 60 * MB })).memory.addedBytes, 0);
});

Deno.test("where no floor was taken all memory is floor", async () => {
  const { monitor } = new Fixture({ floorBytes: undefined });
  const { memory } = await monitor.report();
  assert.deepEqual(memory, { floorBytes: 70 * MB, addedBytes: 0, totalBytes: 70 * MB });
});

Deno.test("CPU is a share of one core over the last minute, and undefined at first", async () => {
  const f = new Fixture();
  assert.equal((await f.monitor.report()).cpuPercent, undefined);
  const early = await f.pass(10_000, { cpuMs: 150 });
  assert.deepEqual([early.cpuPercent, early.cpuWindowMs], [0.5, 10_000]);
  await f.pass(50_000, { cpuMs: 400 });
  const later = await f.pass(60_000, { cpuMs: 1_000 });
  assert.deepEqual([later.cpuPercent, later.cpuWindowMs], [1, 60_000]);
});

Deno.test("a limit that is passed is warned of once, acted on, and let go when it is kept again", async () => {
  const f = new Fixture();
  const passed = await f.pass(1_000, { residentBytes: 81 * MB });
  assert.deepEqual(passed.exceeded, ["memory"] satisfies Limit[]);
  assert.deepEqual(passed.measures, [
    { sinceMs: f.clock.epochMs(), text: "less of everything" },
  ]);
  assert.deepEqual(f.log, ["begin"]);
  assert.match(f.warnings[0]!, /^Sessions take 11\.0 MB of memory, more than .*\(10 MB\)$/);
  // Just below is not yet kept: measures must not come and go.
  assert.deepEqual((await f.pass(1_000, { residentBytes: 79.5 * MB })).exceeded, ["memory"]);
  assert.deepEqual((await f.pass(1_000, { residentBytes: 79 * MB })).exceeded, []);
  await f.pass(1_000, { residentBytes: 99 * MB });
  assert.deepEqual(f.log, ["begin", "end", "begin"]);
  assert.equal(f.warnings.length, 1);
});

Deno.test("what is done for two limits is done once, until neither is passed", async () => {
  const f = new Fixture();
  await f.monitor.report();
  const both = { residentBytes: 99 * MB, cpuMs: 5_000 };
  assert.deepEqual((await f.pass(60_000, both)).exceeded, ["memory", "cpu"]);
  assert.deepEqual((await f.pass(60_000, { residentBytes: 70 * MB, cpuMs: 9_000 })).exceeded, [
    "cpu",
  ]);
  assert.deepEqual(f.log, ["begin"]);
  assert.deepEqual((await f.pass(60_000)).exceeded, []);
  assert.deepEqual(f.log, ["begin", "end"]);
});

Deno.test("the CPU limit is of idle sessions over a whole minute", async () => {
  const f = new Fixture();
  await f.monitor.report();
  assert.deepEqual((await f.pass(30_000, { cpuMs: 5_000 })).exceeded, []);
  assert.deepEqual((await f.pass(30_000)).exceeded, ["cpu"]);
  assert.match(f.warnings[0]!, /^Idle sessions take 8\.17 % of a core/);
  const busy = new Fixture();
  await busy.monitor.report();
  busy.bytes = 100_000_000;
  const report = await busy.pass(60_000, { cpuMs: 9_000 });
  assert.deepEqual([report.isIdle, report.exceeded], [false, []]);
});

Deno.test("readings are taken by themselves until the end, less often in low-power mode or above a limit", async () => {
  for (const [isLowPower, intervalMs] of [[false, 30_000], [true, 60_000]] as const) {
    const f = new Fixture({ isLowPower });
    f.process = { ...f.process, residentBytes: 90 * MB };
    f.monitor.start();
    assert.deepEqual(f.clock.delays, [intervalMs]);
    const next = f.clock.scheduledAnew(60_000);
    f.clock.advance(intervalMs);
    await next;
    assert.deepEqual(f.log, ["begin"]);
    f.monitor[Symbol.dispose]();
    assert.deepEqual(f.clock.delays, []);
  }
});
