import assert from "node:assert/strict";
import type { KeepAlive } from "../../../src/session/mod.ts";
import { type MonitoredChannel, SessionMonitor } from "../../../src/session/session_monitor.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A channel that a test speaks for, and what the monitor made of it. */
class Trial implements MonitoredChannel {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  lastHeardMs = 0;
  lastMessageMs = 0;
  lastSentMs = 0;
  oldestUnacknowledgedMs: number | undefined;
  canPing = true;
  isHeld = false;
  pings = 0;
  heartbeats = 0;
  readonly monitor: SessionMonitor;

  constructor(keepAlive: KeepAlive = "always") {
    this.monitor = new SessionMonitor({
      clock: this.clock,
      keepAlive,
      intervalMs: 5_000,
      isLowPower: () => false,
      openConnections: () => 0,
      sendHeartbeat: () => {
        this.heartbeats++;
        this.oldestUnacknowledgedMs = this.clock.nowMs();
        this.lastSentMs = this.clock.nowMs();
      },
      onSilent: (reason) => {
        this.told.push(`silent: ${reason}`);
        this.monitor.stop();
      },
      onUnanswered: (reason) => this.told.push(`unanswered: ${reason}`),
      onHeard: () => this.told.push("heard"),
      onClockJump: (byMs) => this.told.push(`jump: ${byMs}`),
    });
    this.monitor.start(this);
  }

  ping(): void {
    this.pings++;
  }

  /** The other side says something. */
  hear(): void {
    this.lastHeardMs = this.clock.nowMs();
    this.lastMessageMs = this.lastHeardMs;
    this.oldestUnacknowledgedMs = undefined;
  }
}

Deno.test("SessionMonitor asks once at half the interval, and tells silence at its end", () => {
  const trial = new Trial();
  trial.clock.advance(2_499);
  assert.deepEqual([trial.heartbeats, trial.pings], [0, 0]);
  trial.clock.advance(1);
  assert.deepEqual([trial.heartbeats, trial.pings], [1, 1]);
  trial.clock.advance(2_499);
  assert.deepEqual(trial.told, []);
  trial.clock.advance(1);
  assert.deepEqual(trial.told, ["silent: nothing was heard for 5.0 s"]);
  assert.deepEqual([trial.heartbeats, trial.pings], [1, 1]);
  assert.deepEqual(trial.clock.delays, []);
});

Deno.test("SessionMonitor is patient with connections over which nothing is ever heard", () => {
  const trial = new Trial();
  for (const seconds of [5, 10, 20, 40, 40]) {
    trial.told.length = 0;
    trial.oldestUnacknowledgedMs = undefined;
    trial.monitor.start(trial);
    trial.clock.advance(seconds * 1_000 - 1);
    assert.deepEqual(trial.told, []);
    trial.clock.advance(1);
    assert.deepEqual(trial.told, [`silent: nothing was heard for ${seconds}.0 s`]);
  }
  trial.monitor.start(trial);
  trial.clock.advance(1_000);
  trial.hear();
  trial.clock.advance(60_000);
  assert.match(trial.told.at(-1)!, /nothing was heard for [5-9]\.\d s/);
});

Deno.test("SessionMonitor expects nothing of a channel that is not read", () => {
  const trial = new Trial();
  trial.isHeld = true;
  trial.clock.advance(600_000);
  assert.deepEqual(trial.told, []);
  trial.isHeld = false;
  trial.clock.advance(7_500);
  assert.equal(trial.told.length, 1);
});

Deno.test("SessionMonitor reads what came while the process stood still, before it judges", () => {
  const trial = new Trial();
  trial.clock.advance(2_500);
  // The next look is late: what came meanwhile is heard only after the timer.
  trial.clock.sleep(2_000);
  trial.clock.advance(2_500);
  assert.deepEqual(trial.told, []);
  trial.hear();
  trial.clock.advance(1_000);
  assert.deepEqual(trial.told, []);
});

Deno.test("SessionMonitor tells a jump of the clock; the probe after it has a second", () => {
  for (const answers of [true, false]) {
    const trial = new Trial();
    trial.clock.sleep(60_000);
    trial.clock.advance(2_500);
    assert.deepEqual(trial.told, ["jump: 60000"]);
    trial.monitor.probe();
    trial.clock.advance(900);
    if (answers) trial.hear();
    trial.clock.advance(100);
    assert.deepEqual(trial.told.slice(1), [answers ? "heard" : "silent: it does not answer"]);
    trial.monitor.stop();
    assert.deepEqual(trial.clock.delays, []);
  }
});

Deno.test("SessionMonitor that may ask nothing takes a jump for a loss", () => {
  const trial = new Trial("never");
  trial.monitor.probe();
  assert.deepEqual(trial.told, ["silent: nothing may be asked of it"]);
});

Deno.test("SessionMonitor asks the gateway alone where an answer of the agent is owed", () => {
  const trial = new Trial();
  trial.oldestUnacknowledgedMs = 0;
  trial.clock.advance(2_500);
  assert.deepEqual([trial.heartbeats, trial.pings], [0, 1]);
});
