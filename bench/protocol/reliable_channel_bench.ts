/**
 * The reliability layer: 1,000 messages of 1 KiB, each way, with an acknowledgement for each.
 *
 * 1,000 are unacknowledged at a time, a full window of a quick path.
 *
 * @module
 */
import {
  dataMessage,
  encodeAcknowledge,
  encodeMessage,
  PAYLOAD_TYPE,
  ReliableChannel,
} from "../../src/protocol/mod.ts";
import { NaiveChannel } from "./naive_channel.ts";

const COUNT = 1_000;
const payload = new Uint8Array(1024).map((_, i) => i * 31);

const received = Array.from(
  { length: COUNT },
  (_, sequenceNumber) =>
    dataMessage("output_stream_data", {
      sequenceNumber,
      payloadType: PAYLOAD_TYPE.output,
      payload,
      messageId: crypto.randomUUID(),
      createdDateMs: Date.now(),
    }),
);
const frames = received.map(encodeMessage);
// The same messages with each pair swapped: every second one waits for the one before it.
const swapped = frames.map((_, i) => frames[i ^ 1]!);
const acknowledgements = received.map((message) =>
  encodeAcknowledge({ ...message, messageType: "input_stream_data" }, {
    messageId: crypto.randomUUID(),
    createdDateMs: Date.now(),
  })
);

/** Bytes that left or were delivered: what is counted cannot be optimised away. */
let bytes = 0;
const count = (part: Uint8Array) => void (bytes += part.byteLength);

function newChannel(): ReliableChannel {
  const channel = new ReliableChannel({
    transmit: count,
    onData: (_, part) => count(part),
    onClosed: () => {},
    onRoom: () => {},
    onIgnored: (reason) => {
      throw new Error(reason);
    },
  }, { newMessageId: () => crypto.randomUUID(), epochMs: () => Date.now() });
  channel.connected(0);
  return channel;
}

const upload = { group: "send 1,000 messages of 1 KiB and take their acknowledgements" };
Deno.bench("ReliableChannel: send", upload, () => {
  const channel = newChannel();
  for (let i = 0; i < COUNT; i++) channel.send(PAYLOAD_TYPE.output, payload, 0);
  for (const frame of acknowledgements) channel.receive(frame, 1);
  if (!channel.isSettled) throw new Error("something is unacknowledged");
});
Deno.bench("baseline: send", { ...upload, baseline: true }, () => {
  const channel = new NaiveChannel(count, count);
  for (let i = 0; i < COUNT; i++) channel.send(payload);
  for (const frame of acknowledgements) channel.receive(frame);
  if (channel.unacknowledged > 0) throw new Error("something is unacknowledged");
});

for (
  const { order, sequence } of [
    { order: "in order", sequence: frames },
    { order: "in swapped pairs", sequence: swapped },
  ]
) {
  const download = { group: `receive 1,000 messages of 1 KiB ${order} and acknowledge each` };
  Deno.bench(`ReliableChannel: receive ${order}`, download, () => {
    const channel = newChannel();
    for (const frame of sequence) channel.receive(frame, 0);
  });
  Deno.bench(`baseline: receive ${order}`, { ...download, baseline: true }, () => {
    const channel = new NaiveChannel(count, count);
    for (const frame of sequence) channel.receive(frame);
  });
}

Deno.bench("ReliableChannel: one tick over 2,000 messages, none overdue", {
  group: "look for what is overdue",
}, (b) => {
  const channel = newChannel();
  for (let i = 0; i < 2_000; i++) channel.send(PAYLOAD_TYPE.output, payload, 0);
  b.start();
  channel.tick(100);
  b.end();
});
