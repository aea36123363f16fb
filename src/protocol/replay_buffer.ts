/**
 * The messages that were sent and not yet acknowledged, in order, as they went over the wire.
 *
 * Retransmission and replay after a reconnect send the very same bytes again: same message id, same
 * CreatedDate, same sequence number (plugin streaming.go ResendStreamDataMessageScheduler).
 *
 * @module
 */
import { MAX_RTO_MS } from "./constants.ts";

interface Entry {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly firstSentMs: number;
  lastSentMs: number;
  retransmissions: number;
  /** Sent again over another connection: its age says nothing of the round trip. */
  wasReplayed: boolean;
}

/** What an acknowledgement settled. */
export interface Acknowledged {
  /** Time since the first sending; `undefined` when a reconnect lay between. */
  roundTripMs: number | undefined;
}

export class ReplayBuffer {
  // A Map keeps insertion order, which here is sequence order.
  readonly #entries = new Map<number, Entry>();
  #bytes = 0;

  /** Messages not yet acknowledged. */
  get size(): number {
    return this.#entries.size;
  }

  /** Their bytes, envelopes included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sequence number of the oldest of them; undefined when there is none. */
  get oldestSequence(): number | undefined {
    for (const sequenceNumber of this.#entries.keys()) return sequenceNumber;
    return undefined;
  }

  /** When the oldest of them was first sent; undefined when there is none. */
  get oldestSentMs(): number | undefined {
    for (const { firstSentMs } of this.#entries.values()) return firstSentMs;
    return undefined;
  }

  /** Keeps a message. Call it before sending, or a quick acknowledgement finds nothing. */
  store(sequenceNumber: number, frame: Uint8Array<ArrayBuffer>, nowMs: number): void {
    this.#bytes += frame.byteLength;
    this.#entries.set(sequenceNumber, {
      frame,
      firstSentMs: nowMs,
      lastSentMs: nowMs,
      retransmissions: 0,
      wasReplayed: false,
    });
  }

  /** Forgets an acknowledged message; `undefined` when it was not waited for. */
  acknowledge(sequenceNumber: number, nowMs: number): Acknowledged | undefined {
    const entry = this.#entries.get(sequenceNumber);
    if (entry === undefined) return undefined;
    this.#entries.delete(sequenceNumber);
    this.#bytes -= entry.frame.byteLength;
    // Counted from the first sending, also after a retransmission: from the last one, a path slower
    // than the initial timeout would never be learned and every message would go out twice for ever.
    return { roundTripMs: entry.wasReplayed ? undefined : nowMs - entry.firstSentMs };
  }

  /**
   * The messages whose acknowledgement is overdue, oldest first, at most `limit`, marked as sent now.
   * The timeout of each doubles with every retransmission, up to `MAX_RTO_MS`.
   */
  takeOverdue(
    nowMs: number,
    options: { timeoutMs: number; limit: number },
  ): Uint8Array<ArrayBuffer>[] {
    const overdue: Uint8Array<ArrayBuffer>[] = [];
    for (const entry of this.#entries.values()) {
      if (overdue.length >= options.limit) break;
      const waitMs = Math.min(options.timeoutMs * 2 ** entry.retransmissions, MAX_RTO_MS);
      if (nowMs - entry.lastSentMs <= waitMs) continue;
      entry.lastSentMs = nowMs;
      entry.retransmissions = Math.min(entry.retransmissions + 1, 16);
      overdue.push(entry.frame);
    }
    return overdue;
  }

  /** Every message, oldest first, marked as sent now over a new connection. */
  takeAll(nowMs: number): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    for (const entry of this.#entries.values()) {
      entry.lastSentMs = nowMs;
      entry.retransmissions = 0;
      entry.wasReplayed = true;
      frames.push(entry.frame);
    }
    return frames;
  }
}
