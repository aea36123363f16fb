import assert from "node:assert/strict";
import { SendWindow } from "../../../src/protocol/mod.ts";

Deno.test("SendWindow doubles each round trip until something goes wrong", () => {
  const window = new SendWindow({ initialMessages: 10, maxMessages: 1000 });
  for (let round = 1; round <= 3; round++) {
    const inFlight = window.messages;
    for (let i = 0; i < inFlight; i++) {
      window.acknowledged(50, 50 * round, { wasFull: true });
    }
  }
  assert.equal(window.messages, 80);
});

Deno.test("SendWindow grows only when it was what held sending back", () => {
  const window = new SendWindow({ initialMessages: 10 });
  for (let i = 0; i < 100; i++) window.acknowledged(50, i, { wasFull: false });
  assert.equal(window.messages, 10);
});

Deno.test("SendWindow grows gently after a loss", () => {
  const window = new SendWindow({ initialMessages: 80 });
  window.lost(50, 1_000);
  assert.equal(window.messages, 40);
  // One round trip of acknowledgements gives about four messages more.
  for (let i = 0; i < 40; i++) window.acknowledged(50, 1_050, { wasFull: true });
  assert.equal(window.messages, 43);
});

Deno.test("SendWindow halves at most once a round trip", () => {
  const window = new SendWindow({ initialMessages: 800 });
  for (
    const [nowMs, wanted] of [[0, 400], [10, 400], [49, 400], [50, 200], [99, 200], [100, 100]]
  ) {
    window.lost(50, nowMs!);
    assert.equal(window.messages, wanted, `at ${nowMs} ms`);
  }
});

Deno.test("SendWindow stays between its bounds", () => {
  const window = new SendWindow({ initialMessages: 64, minMessages: 8, maxMessages: 100 });
  for (let i = 0; i < 500; i++) window.acknowledged(50, i, { wasFull: true });
  assert.equal(window.messages, 100);
  for (let i = 0; i < 20; i++) window.lost(50, 1_000 * i);
  assert.equal(window.messages, 8);
});

Deno.test("SendWindow stays well below the 10,000 messages that either peer can keep", () => {
  const window = new SendWindow();
  for (let i = 0; i < 20_000; i++) window.acknowledged(1, i / 1000, { wasFull: true });
  assert.equal(window.messages, 2048);
});

Deno.test("SendWindow shrinks when the round trip shows a queue, once a round trip", () => {
  const window = new SendWindow({ initialMessages: 100, targetQueueMs: 60 });
  window.acknowledged(40, 0, { wasFull: false });
  // 40 ms * 1.25 + 60 ms is the most that counts as no queue.
  window.acknowledged(110, 200, { wasFull: false });
  assert.equal(window.messages, 100);
  window.acknowledged(111, 210, { wasFull: true });
  assert.equal(window.messages, 85);
  window.acknowledged(150, 220, { wasFull: true });
  assert.equal(window.messages, 85);
  window.acknowledged(150, 321, { wasFull: true });
  assert.equal(window.messages, 72);
});

/** The slowest link on the way: takes messages one after another, each a round trip further away. */
class Bottleneck {
  readonly #sentMs: number[] = [];
  readonly #backMs: number[] = [];
  #lastBackMs = 0;
  nowMs = 0;

  constructor(readonly options: { messagesPerSecond: number; roundTripMs: number }) {}

  send(): void {
    const { messagesPerSecond, roundTripMs } = this.options;
    const startMs = Math.max(this.nowMs, this.#lastBackMs - roundTripMs);
    this.#lastBackMs = startMs + 1000 / messagesPerSecond + roundTripMs;
    this.#sentMs.push(this.nowMs);
    this.#backMs.push(this.#lastBackMs);
  }

  get inFlight(): number {
    return this.#sentMs.length;
  }

  /** Waits for the next acknowledgement and gives its round trip. */
  nextRoundTripMs(): number {
    this.nowMs = this.#backMs.shift()!;
    return this.nowMs - this.#sentMs.shift()!;
  }
}

/** Sends as much as the window lets through for `seconds`. */
function upload(window: SendWindow, link: Bottleneck, seconds: number) {
  const untilMs = link.nowMs + 1000 * seconds;
  const roundTripsMs: number[] = [];
  while (link.nowMs < untilMs) {
    while (link.inFlight < window.messages) link.send();
    const wasFull = link.inFlight >= window.messages - 1;
    const roundTripMs = link.nextRoundTripMs();
    window.acknowledged(roundTripMs, link.nowMs, { wasFull });
    roundTripsMs.push(roundTripMs);
  }
  const sum = roundTripsMs.reduce((a, b) => a + b, 0);
  return {
    messagesPerSecond: roundTripsMs.length / seconds,
    meanRoundTripMs: sum / roundTripsMs.length,
  };
}

for (
  const path of [
    { messagesPerSecond: 700, roundTripMs: 20 },
    { messagesPerSecond: 700, roundTripMs: 200 },
    { messagesPerSecond: 3_000, roundTripMs: 1 },
  ]
) {
  const { messagesPerSecond, roundTripMs } = path;
  Deno.test(
    `SendWindow fills a path of ${messagesPerSecond}/s and ${roundTripMs} ms, and keeps its queue short for minutes`,
    () => {
      const window = new SendWindow();
      const link = new Bottleneck(path);
      const first = upload(window, link, 10);
      assert.ok(first.messagesPerSecond > 0.9 * messagesPerSecond, JSON.stringify(first));
      upload(window, link, 120);
      const last = upload(window, link, 30);
      assert.ok(last.messagesPerSecond > 0.95 * messagesPerSecond, JSON.stringify(last));
      assert.ok(last.meanRoundTripMs < 1.25 * roundTripMs + 60, JSON.stringify(last));
    },
  );
}

Deno.test("SendWindow learns a path that becomes longer, and fills it", () => {
  const window = new SendWindow();
  upload(window, new Bottleneck({ messagesPerSecond: 2_000, roundTripMs: 10 }), 30);
  const longer = new Bottleneck({ messagesPerSecond: 2_000, roundTripMs: 150 });
  longer.nowMs = 30_000;
  upload(window, longer, 60);
  const { messagesPerSecond, meanRoundTripMs } = upload(window, longer, 30);
  assert.ok(messagesPerSecond > 1_900, `${messagesPerSecond}`);
  assert.ok(meanRoundTripMs < 1.25 * 150 + 60, `${meanRoundTripMs}`);
});
