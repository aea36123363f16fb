/**
 * The reliability layer the obvious way: an array of what is unacknowledged, searched from the front,
 * objects turned to JSON and back. The baseline of the benches; nothing is ever sent again.
 *
 * @module
 */
import type { AgentMessage } from "../../src/protocol/mod.ts";
import { naiveDecode, naiveEncode } from "../../tests/support/naive_envelope.ts";

export function naiveAcknowledge(received: AgentMessage): Uint8Array<ArrayBuffer> {
  const content = {
    AcknowledgedMessageType: received.messageType,
    AcknowledgedMessageId: received.messageId,
    AcknowledgedMessageSequenceNumber: received.sequenceNumber,
    IsSequentialMessage: true,
  };
  return naiveEncode({
    messageType: "acknowledge",
    schemaVersion: 1,
    createdDateMs: Date.now(),
    sequenceNumber: 0,
    flags: 3,
    messageId: crypto.randomUUID(),
    payloadType: 0,
    payload: new TextEncoder().encode(JSON.stringify(content)),
  });
}

export function naiveParseAcknowledge(payload: Uint8Array): number {
  return JSON.parse(new TextDecoder().decode(payload)).AcknowledgedMessageSequenceNumber;
}

export class NaiveChannel {
  #next = 0;
  #expected = 0;
  readonly #transmit: (frame: Uint8Array) => void;
  readonly #onData: (payload: Uint8Array) => void;
  readonly #unacknowledged: { sequenceNumber: number; frame: Uint8Array }[] = [];
  readonly #ahead: AgentMessage[] = [];

  constructor(transmit: (frame: Uint8Array) => void, onData: (payload: Uint8Array) => void) {
    this.#transmit = transmit;
    this.#onData = onData;
  }

  get unacknowledged(): number {
    return this.#unacknowledged.length;
  }

  send(payload: Uint8Array): void {
    const sequenceNumber = this.#next++;
    const frame = naiveEncode({
      messageType: "input_stream_data",
      schemaVersion: 1,
      createdDateMs: Date.now(),
      sequenceNumber,
      flags: 0,
      messageId: crypto.randomUUID(),
      payloadType: 1,
      payload,
    });
    this.#unacknowledged.push({ sequenceNumber, frame });
    this.#transmit(frame);
  }

  receive(frame: Uint8Array): void {
    const message = naiveDecode(frame);
    if (message.messageType === "acknowledge") {
      const sequenceNumber = naiveParseAcknowledge(message.payload);
      const at = this.#unacknowledged.findIndex((each) => each.sequenceNumber === sequenceNumber);
      if (at >= 0) this.#unacknowledged.splice(at, 1);
      return;
    }
    this.#transmit(naiveAcknowledge(message));
    if (message.sequenceNumber < this.#expected) return;
    this.#ahead.push(message);
    for (;;) {
      const at = this.#ahead.findIndex((each) => each.sequenceNumber === this.#expected);
      if (at < 0) return;
      this.#expected++;
      this.#onData(this.#ahead.splice(at, 1)[0]!.payload);
    }
  }
}
