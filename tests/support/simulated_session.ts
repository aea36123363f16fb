/**
 * A client's reliability layer and a model agent, joined by a network that loses, repeats, delays,
 * reorders and damages messages, cuts the client off and pauses either side. All of it follows from
 * the plan, so that a failure comes back when asked.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ReliableChannel, RETRANSMISSION_TICK_MS, SendWindow } from "../../src/protocol/mod.ts";
import { utf8 } from "./hex.ts";
import { ModelAgent, type Payload } from "./model_agent.ts";
import { naiveDecode, naiveEncode } from "./naive_envelope.ts";
import { type Random, randomBytes, randomInt, seeded } from "./seeded.ts";
import { VirtualTime } from "./virtual_time.ts";

export interface SessionPlan {
  seed: number;
  /** Chances from 0 to 1, for each message. */
  loss: number;
  repetition: number;
  /** Agent to client alone: the agent checks no digest. */
  damage: number;
  /** How often the agent is not ready to take a message. */
  unready: number;
  minDelayMs: number;
  jitterMs: number;
  clientMessages: number;
  agentMessages: number;
  /** The network behaves from here on, and everything must come through. */
  faultsEndMs: number;
  /** Moments the client's connection is lost, and for how long. */
  cuts: readonly { atMs: number; downMs: number }[];
  pauses: readonly { atMs: number; of: "client" | "agent"; isStartLost: boolean }[];
  windowMessages: number;
  agentCapacity: number;
}

/** What went in at one end and came out at the other. */
export interface SessionOutcome {
  isFinished: boolean;
  nowMs: number;
  clientSent: Payload[];
  clientTaken: Payload[];
  agentSent: Payload[];
  agentTaken: Payload[];
}

const PAUSE_MS = 700;
const LARGEST_PAYLOAD = 60;
// Output, flags and the ones that are acknowledged before they are delivered.
const PAYLOAD_TYPES = [1, 1, 1, 5, 7, 8, 10, 11];

/** Most that a new connection repeats. */
const REPEATED_ACKNOWLEDGEMENTS = 512;

export class SimulatedSession {
  readonly #plan: SessionPlan;
  readonly #random: Random;
  readonly #time = new VirtualTime();
  readonly #channel: ReliableChannel;
  readonly #agent: ModelAgent;
  readonly #clientSent: Payload[] = [];
  readonly #agentSent: Payload[] = [];
  readonly #clientTaken: Payload[] = [];
  /** Payloads that have come up and wait for room in the window. */
  readonly #waiting: Payload[] = [];
  #connection = 1;
  #isUp = true;
  #isTicking = false;
  #ids = 0;
  #acknowledgementsDue = 0;
  /** The bytes that each number was first sent with. */
  readonly #frames = new Map<number, Uint8Array>();

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#random = seeded(plan.seed);
    this.#channel = new ReliableChannel({
      transmit: (frame) => this.#fromClient(frame),
      onData: (payloadType, payload) => {
        this.#clientTaken.push({ payloadType, payload: payload.slice() });
      },
      onClosed: () => assert.fail("nobody closed the channel"),
      onRoom: () => this.#pump(),
      onIgnored: (reason) => assert.match(reason, /^PayloadDigest does not match/),
    }, {
      newMessageId: () => `c11e2700-0000-4000-8000-${String(this.#ids++).padStart(12, "0")}`,
      epochMs: () => 1_700_000_000_000 + Math.round(this.#time.nowMs),
      window: new SendWindow({ initialMessages: plan.windowMessages, minMessages: 2 }),
    });
    this.#agent = new ModelAgent({
      transmit: (frame) => this.#fromAgent(frame),
      isReady: () => !this.#happens(plan.unready),
      incomingCapacity: plan.agentCapacity,
    });
  }

  /** Runs until everything has come through, or `limitMs` of simulated time have passed. */
  run(limitMs: number): SessionOutcome {
    this.#schedule();
    this.#channel.connected(0);
    const isFinished = this.#time.run(() => this.#isFinished, limitMs);
    return {
      isFinished,
      nowMs: this.#time.nowMs,
      clientSent: this.#clientSent,
      clientTaken: this.#clientTaken,
      agentSent: this.#agentSent,
      agentTaken: this.#agent.taken,
    };
  }

  get #isFinished(): boolean {
    return this.#channel.isSettled && this.#agent.isSettled &&
      this.#clientSent.length === this.#plan.clientMessages &&
      this.#agentSent.length === this.#plan.agentMessages;
  }

  #randomPayload(): Payload {
    return {
      payloadType: PAYLOAD_TYPES[randomInt(this.#random, 0, PAYLOAD_TYPES.length - 1)]!,
      payload: randomBytes(this.#random, randomInt(this.#random, 1, LARGEST_PAYLOAD)),
    };
  }

  #schedule(): void {
    const { clientMessages, agentMessages, cuts, pauses, faultsEndMs } = this.#plan;
    for (let i = 0; i < clientMessages; i++) {
      this.#time.after(this.#random() * faultsEndMs, () => {
        const payload = this.#randomPayload();
        // A few do not ask for room, like those of the handshake and of the end.
        if (this.#random() < 0.1) return this.#send(payload);
        this.#waiting.push(payload);
        this.#pump();
      });
    }
    for (let i = 0; i < agentMessages; i++) {
      this.#time.after(this.#random() * faultsEndMs, () => {
        const payload = this.#randomPayload();
        this.#agentSent.push(payload);
        this.#agent.send(payload, this.#time.nowMs);
      });
    }
    for (const cut of cuts) this.#time.after(cut.atMs, () => this.#cut(cut.downMs));
    for (const pause of pauses) {
      this.#time.after(pause.atMs, () => this.#tell(pause.of, "pause_publication"));
      if (pause.isStartLost) continue;
      this.#time.after(pause.atMs + PAUSE_MS, () => this.#tell(pause.of, "start_publication"));
    }
    // An agent that is never told to go on stays silent for good: no client can help that.
    this.#time.after(faultsEndMs, () => this.#tell("agent", "start_publication"));
    this.#tickAgent();
  }

  #tickAgent(): void {
    this.#time.after(RETRANSMISSION_TICK_MS, () => {
      this.#agent.tick(this.#time.nowMs);
      this.#tickAgent();
    });
  }

  // --- The client, as its owner runs it ---

  #pump(): void {
    while (this.#waiting.length > 0 && this.#channel.hasRoom) {
      this.#send(this.#waiting.shift()!);
    }
  }

  #send(payload: Payload): void {
    this.#clientSent.push(payload);
    this.#channel.send(payload.payloadType, payload.payload, this.#time.nowMs);
    this.#watch();
  }

  #watch(): void {
    if (this.#isTicking || !this.#isUp || !this.#channel.needsTicks) return;
    this.#isTicking = true;
    const connection = this.#connection;
    this.#time.after(RETRANSMISSION_TICK_MS, () => {
      this.#isTicking = false;
      if (this.#isUp && connection === this.#connection) this.#channel.tick(this.#time.nowMs);
      this.#watch();
    });
  }

  #cut(downMs: number): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#connection++;
    this.#channel.disconnected();
    this.#time.after(downMs, () => {
      this.#isUp = true;
      // A new connection repeats the last acknowledgements, which the old one may have lost.
      this.#acknowledgementsDue += REPEATED_ACKNOWLEDGEMENTS;
      this.#channel.connected(this.#time.nowMs);
      this.#watch();
    });
  }

  // --- The network ---

  #happens(chance: number): boolean {
    return this.#time.nowMs < this.#plan.faultsEndMs && this.#random() < chance;
  }

  /** Calls `arrive` for each copy that gets through, when it does. */
  #carry(arrive: () => void): void {
    const { loss, repetition, minDelayMs, jitterMs } = this.#plan;
    if (this.#happens(loss)) return;
    const copies = this.#happens(repetition) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.#time.after(minDelayMs + this.#random() * jitterMs, arrive);
    }
  }

  #fromClient(frame: Uint8Array): void {
    assert.ok(this.#isUp, "the client sent without a connection");
    const message = naiveDecode(frame);
    if (message.messageType === "acknowledge") {
      this.#acknowledgementsDue--;
      assert.ok(this.#acknowledgementsDue >= 0, "more acknowledgements than messages");
    } else {
      assert.equal(message.messageType, "input_stream_data");
      const first = this.#frames.get(message.sequenceNumber);
      if (first === undefined) {
        assert.equal(message.sequenceNumber, this.#frames.size, "a number was left out");
        this.#frames.set(message.sequenceNumber, frame.slice());
      } else {
        assert.deepEqual(frame, first, "sent again with other bytes");
      }
    }
    // What the gateway already had reaches the agent although the client was cut off.
    this.#carry(() => this.#agent.receive(frame, this.#time.nowMs));
  }

  #fromAgent(frame: Uint8Array): void {
    const { connection, isUp } = { connection: this.#connection, isUp: this.#isUp };
    const isDamaged = this.#happens(this.#plan.damage);
    const carried = isDamaged ? frame.slice() : frame;
    if (isDamaged) carried[randomInt(this.#random, 120, frame.byteLength - 1)]! ^= 0x20;
    this.#carry(() => {
      if (!isUp || connection !== this.#connection) return;
      const isData = naiveType(carried) === "output_stream_data" && !isDamaged;
      const owed = this.#acknowledgementsDue;
      if (isData) this.#acknowledgementsDue++;
      this.#channel.receive(carried, this.#time.nowMs);
      assert.equal(this.#acknowledgementsDue, owed, "a message was not acknowledged once");
      this.#watch();
    });
  }

  #tell(side: "client" | "agent", messageType: string): void {
    const frame = naiveEncode({
      messageType,
      schemaVersion: 1,
      createdDateMs: 1,
      sequenceNumber: 0,
      flags: 0,
      messageId: "00000000-0000-4000-8000-000000000000",
      payloadType: 0,
      payload: utf8("{}"),
    });
    if (side === "agent") return this.#agent.receive(frame, this.#time.nowMs);
    if (!this.#isUp) return;
    this.#channel.receive(frame, this.#time.nowMs);
    this.#watch();
  }
}

function naiveType(frame: Uint8Array): string {
  return new TextDecoder().decode(frame.subarray(4, 36)).trim();
}
