/**
 * Session Monitor: hears whether a session's connection lives, and asks where nothing is heard.
 *
 * What may be asked depends on `keepAlive`; see docs/decisions/heartbeat.md. One timer, that runs at
 * most twice an interval and not for every message.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import type { KeepAlive } from "./hosted.ts";
import { judge } from "./liveness.ts";

/** What the monitor needs of a data channel. Times are of the monotonic clock, ms. */
export interface MonitoredChannel {
  readonly lastHeardMs: number;
  readonly lastMessageMs: number;
  readonly lastSentMs: number;
  readonly oldestUnacknowledgedMs: number | undefined;
  readonly canPing: boolean;
  /** Whether nothing is read from it: a slow local reader holds it back. */
  readonly isHeld: boolean;
  ping(): void;
}

export interface SessionMonitorOptions {
  clock: Clock;
  keepAlive: KeepAlive;
  /** Silence after which a connection is taken for lost. */
  intervalMs: number;
  /** Longer intervals while nothing is open. */
  isLowPower(): boolean;
  openConnections(): number;
  /** Sends a message that the agent must acknowledge, and does nothing with. */
  sendHeartbeat(): void;
  onSilent(reason: string): void;
  onUnanswered(reason: string): void;
  onHeard(): void;
  onClockJump(byMs: number): void;
}

/** Data at this distance keeps the shortest idle timeout there is away, one minute. */
const ACTIVITY_MS = 25_000;
/** While nothing is open and low power is wanted. */
const LOW_POWER_FACTOR = 4;
/** Half of this lies below the 30 s after which some middleboxes forget a silent connection. */
const LONGEST_LOW_POWER_MS = 50_000;
/** The answer to a probe comes within a round trip. */
const PROBE_TIMEOUT_MS = 1_000;
/** Between two looks while an answer is waited for. */
const SUSPECT_TICK_MS = 100;
/** A timer this late says that what arrived has not been read yet. */
const LATE_MS = 250;
/** Where no answer can be had for its own sake, intervals double while nothing is heard. */
const MOST_PATIENCE = 8;

export class SessionMonitor {
  readonly #options: SessionMonitorOptions;
  #channel: MonitoredChannel | undefined;
  #timer: number | undefined;
  /** When the timer is due, by both clocks: one of them stands still while the computer sleeps. */
  #due = { nowMs: 0, epochMs: 0 };
  #sinceMs = 0;
  #askedMs = -Infinity;
  #isSuspect = false;
  #probe: { heardMs: number; untilMs: number } | undefined;
  #patience = 1;

  constructor(options: SessionMonitorOptions) {
    this.#options = options;
  }

  /** Watches a connection that was just opened. */
  start(channel: MonitoredChannel): void {
    this.stop();
    this.#channel = channel;
    this.#sinceMs = this.#options.clock.nowMs();
    this.#askedMs = -Infinity;
    this.#check();
  }

  stop(): void {
    this.#channel = undefined;
    this.#isSuspect = false;
    this.#probe = undefined;
    this.#clearTimer();
  }

  /** A connection was opened: from now on the shorter interval holds. */
  wake(): void {
    if (this.#channel === undefined || this.#probe !== undefined) return;
    this.#onTimer();
  }

  /** Asks for a sign of life that must come soon: `onHeard` or `onSilent` follows. */
  probe(): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    this.#isSuspect = true;
    if (!this.#canAsk(channel)) return this.#options.onSilent("nothing may be asked of it");
    const nowMs = this.#options.clock.nowMs();
    this.#probe = { heardMs: channel.lastHeardMs, untilMs: nowMs + PROBE_TIMEOUT_MS };
    this.#ask(channel);
    this.#schedule(nowMs + SUSPECT_TICK_MS);
  }

  #onTimer(): void {
    const { clock, intervalMs } = this.#options;
    const lateMs = Math.max(
      clock.nowMs() - this.#due.nowMs,
      clock.epochMs() - this.#due.epochMs,
    );
    this.#clearTimer();
    if (this.#probe !== undefined) this.#checkProbe(this.#probe);
    else if (lateMs > intervalMs) {
      this.#schedule(clock.nowMs() + intervalMs);
      this.#options.onClockJump(lateMs);
    } else if (lateMs > LATE_MS) this.#schedule(clock.nowMs() + SUSPECT_TICK_MS);
    else this.#check();
  }

  #checkProbe({ heardMs, untilMs }: { heardMs: number; untilMs: number }): void {
    const nowMs = this.#options.clock.nowMs();
    if (this.#channel!.lastHeardMs > heardMs || this.#channel!.isHeld) {
      this.#probe = undefined;
      this.#recover();
      return this.#check();
    }
    if (nowMs >= untilMs) return this.#options.onSilent("it does not answer");
    this.#schedule(nowMs + SUSPECT_TICK_MS);
  }

  #check(): void {
    const channel = this.#channel!;
    const { clock, keepAlive } = this.#options;
    const nowMs = clock.nowMs();
    // What is not read is not heard; judged anew from when it is read again.
    if (channel.isHeld) this.#sinceMs = nowMs;
    const hasMessage = channel.lastMessageMs > this.#sinceMs;
    if (hasMessage) this.#patience = 1;
    const verdict = judge({
      sinceMs: this.#sinceMs,
      heardMs: channel.lastHeardMs,
      messageMs: channel.lastMessageMs,
      askedMs: this.#askedMs,
      sentMs: channel.lastSentMs,
      unansweredMs: channel.oldestUnacknowledgedMs,
    }, {
      intervalMs: this.#intervalMs(),
      canAsk: this.#canAsk(channel),
      activityMs: keepAlive === "always" ? ACTIVITY_MS : undefined,
    }, nowMs);
    if (verdict.ask) this.#ask(channel);
    const seconds = (verdict.silentMs / 1000).toFixed(1);
    switch (verdict.is) {
      case "fine":
        // Patience ends as soon as something is heard.
        this.#schedule(Math.min(verdict.againMs, nowMs + this.#lookMs()));
        return this.#recover();
      case "unanswered":
        this.#schedule(nowMs + SUSPECT_TICK_MS);
        if (this.#isSuspect) return;
        this.#isSuspect = true;
        return this.#options.onUnanswered(`the agent has not answered for ${seconds} s`);
      case "agent_lost":
        return this.#options.onSilent(`the agent has not answered for ${seconds} s`);
      case "silent":
        this.#patience = Math.min(this.#patience * 2, MOST_PATIENCE);
        return this.#options.onSilent(`nothing was heard for ${seconds} s`);
      default:
        verdict.is satisfies never;
    }
  }

  #recover(): void {
    if (!this.#isSuspect) return;
    this.#isSuspect = false;
    this.#options.onHeard();
  }

  #intervalMs(): number {
    const { intervalMs, isLowPower, openConnections } = this.#options;
    const patient = intervalMs * this.#patience;
    if (!isLowPower() || openConnections() > 0) return patient;
    const low = Math.min(intervalMs * LOW_POWER_FACTOR, LONGEST_LOW_POWER_MS);
    return Math.max(patient, low);
  }

  #lookMs(): number {
    return this.#patience > 1 ? this.#options.intervalMs / 2 : Infinity;
  }

  #canAsk(channel: MonitoredChannel): boolean {
    const { keepAlive } = this.#options;
    return keepAlive === "always" || (keepAlive === "policy" && channel.canPing);
  }

  /** The agent is asked by a heartbeat, unless it owes an answer already; the gateway by a ping. */
  #ask(channel: MonitoredChannel): void {
    this.#askedMs = this.#options.clock.nowMs();
    const isOwed = channel.oldestUnacknowledgedMs !== undefined;
    if (this.#options.keepAlive === "always" && !isOwed) this.#options.sendHeartbeat();
    if (channel.canPing) channel.ping();
  }

  #schedule(atMs: number): void {
    const { clock } = this.#options;
    this.#clearTimer();
    const nowMs = clock.nowMs();
    const delayMs = Math.max(1, atMs - nowMs);
    this.#due = { nowMs: nowMs + delayMs, epochMs: clock.epochMs() + delayMs };
    this.#timer = clock.setTimeout(() => this.#onTimer(), delayMs);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
