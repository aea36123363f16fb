/**
 * The agent's unacknowledged messages and its retransmission timeout.
 *
 * Source: agent datachannel.go (ResendStreamDataMessageScheduler, ProcessAcknowledgedMessage,
 * CalculateRetransmissionTimeout) and config.go; protocol text §6.3, §6.4.
 *
 * @module
 */

interface Sent {
  readonly frame: Uint8Array;
  lastSentMs: number;
}

const START_SRTT_MS = 100;
const START_RTO_MS = 200;
const GRANULARITY_MS = 10;
const MAX_RTO_MS = 1000;

export class OutgoingQueue {
  /** In order of sequence numbers: a Map keeps the order of insertion. */
  readonly #sent = new Map<number, Sent>();
  #srttMs = START_SRTT_MS;
  #rttVarMs = 0;
  #rtoMs = START_RTO_MS;

  get size(): number {
    return this.#sent.size;
  }

  get rtoMs(): number {
    return this.#rtoMs;
  }

  store(sequenceNumber: number, frame: Uint8Array, nowMs: number): void {
    this.#sent.set(sequenceNumber, { frame, lastSentMs: nowMs });
  }

  /** False when nothing with that number waits. */
  acknowledge(sequenceNumber: number, nowMs: number): boolean {
    const sent = this.#sent.get(sequenceNumber);
    if (sent === undefined) return false;
    this.#sent.delete(sequenceNumber);
    // Retransmitted messages count too, from their last sending.
    this.#sample(nowMs - sent.lastSentMs);
    return true;
  }

  /** The oldest message if it is overdue, marked as sent now. Only the oldest is ever repeated. */
  takeOverdue(nowMs: number): Uint8Array | undefined {
    for (const head of this.#sent.values()) {
      if (nowMs - head.lastSentMs <= this.#rtoMs) return undefined;
      head.lastSentMs = nowMs;
      return head.frame;
    }
    return undefined;
  }

  /** Forgets everything: the session has ended. */
  clear(): void {
    this.#sent.clear();
  }

  #sample(elapsedMs: number): void {
    this.#rttVarMs = this.#rttVarMs * 3 / 4 + Math.abs(this.#srttMs - elapsedMs) / 4;
    this.#srttMs = this.#srttMs * 7 / 8 + elapsedMs / 8;
    const marginMs = Math.max(GRANULARITY_MS, 4 * this.#rttVarMs);
    this.#rtoMs = Math.min(this.#srttMs + marginMs, MAX_RTO_MS);
  }
}
