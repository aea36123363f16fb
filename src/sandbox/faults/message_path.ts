/**
 * The way of messages through the gateway in one direction, and the faults that lie on it.
 *
 * @module
 */
import type { ActiveFault, MessageFault } from "./fault.ts";
import { DelayLine } from "./delay_line.ts";
import { seededRandom } from "./random.ts";
import { isAcknowledge } from "../gateway/message_type.ts";
import type { FaultRegistry, Struck } from "./registry.ts";

const MESSAGE_FAULTS = [
  "lose_acks",
  "drop",
  "corrupt",
  "duplicate",
  "reorder",
  "delay",
] as const satisfies readonly MessageFault["fault"][];

/** A message held back for reordering goes on by itself after this long. */
const LONGEST_HOLD_MS = 50;
const PAYLOAD_OFFSET = 120;

interface Rule {
  active: ActiveFault;
  fault: MessageFault;
}

export class MessagePath {
  readonly #direction: "to_client" | "to_agent";
  readonly #faults: FaultRegistry;
  readonly #struck: Struck;
  readonly #deliver: (frame: Uint8Array) => void;
  readonly #line: DelayLine;
  /** One generator for each fault: what one chooses must not depend on another. */
  readonly #random = new Map<number, () => number>();
  #rules: Rule[] = [];
  #rulesVersion = -1;
  #held: { frame: Uint8Array; timer: number } | undefined;

  /** @param options.deliver Takes what comes out; called later when messages are delayed. */
  constructor(options: {
    direction: "to_client" | "to_agent";
    faults: FaultRegistry;
    struck: Struck;
    deliver(frame: Uint8Array): void;
  }) {
    this.#direction = options.direction;
    this.#faults = options.faults;
    this.#struck = options.struck;
    this.#deliver = (frame) => options.deliver(frame);
    this.#line = new DelayLine(this.#deliver);
  }

  /** Bytes on their way. */
  get bytesHeld(): number {
    return this.#line.bytes;
  }

  /** Sends one message on its way. */
  send(frame: Uint8Array): void {
    const rules = this.#currentRules();
    // Nearly always nothing is wrong, and a message goes straight through.
    if (rules.length === 0 && this.#line.isEmpty && this.#held === undefined) {
      return this.#deliver(frame);
    }
    this.#sendThrough(rules, frame);
  }

  /** Forgets what is on its way: the connection is gone. */
  reset(): void {
    this.#line.clear();
    if (this.#held !== undefined) clearTimeout(this.#held.timer);
    this.#held = undefined;
  }

  #sendThrough(rules: readonly Rule[], frame: Uint8Array): void {
    let delayMs = 0;
    let copies = 1;
    let isHeld = false;
    for (const { active, fault } of rules) {
      switch (fault.fault) {
        case "delay":
          this.#faults.strike(active);
          delayMs += fault.ms;
          break;
        case "lose_acks":
          if (isAcknowledge(frame) && this.#strikes(active, fault)) return;
          break;
        case "drop":
          if (this.#strikes(active, fault)) return;
          break;
        case "corrupt":
          if (this.#strikes(active, fault)) frame = corrupted(frame);
          break;
        case "duplicate":
          if (this.#strikes(active, fault)) copies++;
          break;
        case "reorder":
          // One message waits at a time; while it does, the others overtake it.
          if (this.#held === undefined && !isHeld) isHeld = this.#strikes(active, fault);
          break;
        default:
          fault satisfies never;
      }
    }
    if (isHeld) return this.#hold(frame);
    for (let i = 0; i < copies; i++) this.#line.push(frame, delayMs);
    this.#releaseHeld();
  }

  #hold(frame: Uint8Array): void {
    const timer = Number(setTimeout(() => this.#releaseHeld(), LONGEST_HOLD_MS));
    this.#held = { frame, timer };
  }

  #releaseHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    clearTimeout(held.timer);
    this.#line.push(held.frame, 0);
  }

  #strikes(active: ActiveFault, fault: { probability?: number; seed?: number }): boolean {
    let random = this.#random.get(active.id);
    if (random === undefined) {
      // The two directions of one fault must not choose in step.
      const salt = this.#direction === "to_client" ? 0 : 0x5bd1e995;
      random = seededRandom((fault.seed ?? 1) ^ salt);
      this.#random.set(active.id, random);
    }
    if (random() >= (fault.probability ?? 1)) return false;
    this.#faults.strike(active);
    return true;
  }

  #currentRules(): readonly Rule[] {
    if (this.#rulesVersion === this.#faults.version) return this.#rules;
    this.#rulesVersion = this.#faults.version;
    this.#rules = MESSAGE_FAULTS.flatMap((name) =>
      this.#faults.matching(name, this.#struck).map((active) => ({
        active,
        fault: active.fault as MessageFault,
      }))
    ).filter(({ fault }) => this.#isOnMyWay(fault));
    return this.#rules;
  }

  #isOnMyWay(fault: MessageFault): boolean {
    // The agent does not check digests: a flipped byte would reach the target as good data.
    if (fault.fault === "corrupt") return this.#direction === "to_client";
    const direction = fault.direction ?? "both";
    return direction === "both" || direction === this.#direction;
  }
}

/** A copy with one payload byte flipped: the agent's own copy must stay whole. */
function corrupted(frame: Uint8Array): Uint8Array {
  if (frame.byteLength <= PAYLOAD_OFFSET) return frame;
  const copy = frame.slice();
  copy[PAYLOAD_OFFSET]! ^= 0xff;
  return copy;
}
