/**
 * Puts the peer's stream data messages back in order and delivers each once.
 *
 * Rules: protocol text of plugin streaming.go HandleOutputMessage, with the two differences that a
 * peer which retransmits only its oldest message needs: a number below the expected one is
 * acknowledged again, and a message that waited is delivered exactly like one in order.
 *
 * @module
 */
import { INCOMING_BUFFER_MESSAGES } from "./constants.ts";

/** A numbered thing with a size. */
interface Numbered {
  sequenceNumber: number;
  payload: Uint8Array;
}

/** What became of an offered message. `overflow` was dropped and must not be acknowledged. */
export type Offered = "delivered" | "stored" | "duplicate" | "overflow";

export interface IncomingOrderOptions {
  maxMessages?: number;
  /** Bytes of payload that may wait for a gap to close. */
  maxBytes?: number;
}

const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export class IncomingOrder<M extends Numbered> {
  readonly #deliver: (message: M) => void;
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #waiting = new Map<number, M>();
  #waitingBytes = 0;
  #expected = 0;

  constructor(deliver: (message: M) => void, options: IncomingOrderOptions = {}) {
    this.#deliver = deliver;
    this.#maxMessages = options.maxMessages ?? INCOMING_BUFFER_MESSAGES;
    this.#maxBytes = options.maxBytes ?? MAX_WAITING_BYTES;
  }

  /** The sequence number that comes next. */
  get expected(): number {
    return this.#expected;
  }

  /** Takes one message; delivers it and those it was waited for by, before returning. */
  offer(message: M): Offered {
    const { sequenceNumber } = message;
    if (sequenceNumber < this.#expected || this.#waiting.has(sequenceNumber)) return "duplicate";
    if (sequenceNumber > this.#expected) {
      const bytes = message.payload.byteLength;
      if (this.#waiting.size >= this.#maxMessages || this.#waitingBytes + bytes > this.#maxBytes) {
        return "overflow";
      }
      this.#waiting.set(sequenceNumber, message);
      this.#waitingBytes += bytes;
      return "stored";
    }
    // Counted first: a delivery may throw, and a message is never delivered twice.
    this.#expected++;
    this.#deliver(message);
    this.#drain();
    return "delivered";
  }

  #drain(): void {
    for (;;) {
      const next = this.#waiting.get(this.#expected);
      if (next === undefined) return;
      this.#waiting.delete(this.#expected);
      this.#waitingBytes -= next.payload.byteLength;
      this.#expected++;
      this.#deliver(next);
    }
  }
}
