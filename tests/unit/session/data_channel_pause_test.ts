import assert from "node:assert/strict";
import { encodeMessage } from "../../../src/protocol/mod.ts";
import type { TransportEvents } from "../../../src/session/contracts.ts";
import { DataChannel } from "../../../src/session/data_channel.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { utf8 } from "../../support/hex.ts";

Deno.test("DataChannel gets over a lost start_publication while it has nothing to send", async () => {
  const clock = new FakeClock();
  let peer: TransportEvents | undefined;
  const channel = new DataChannel({
    clock,
    events: { onLost: () => {}, onClosed: () => {} },
    openTransport: (_url, events) => {
      peer = events;
      return Promise.resolve({
        sendText: () => {},
        send: () => {},
        bufferedBytes: 0,
        close: () => {},
      });
    },
  });
  let roomCount = 0;
  channel.onRoom = () => roomCount++;
  const grant = { sessionId: "s-1", streamUrl: "wss://localhost/", tokenValue: "t" };
  await channel.connect(grant, new AbortController().signal);
  roomCount = 0;
  peer!.onMessage(encodeMessage({
    messageType: "pause_publication",
    schemaVersion: 1,
    createdDateMs: clock.epochMs(),
    sequenceNumber: 0,
    flags: 0,
    messageId: "11112222-3333-4444-8555-666677778888",
    payloadType: 0,
    payload: utf8("{}"),
  }));
  clock.advance(9_000);
  assert.equal(channel.hasRoom, false);
  clock.advance(1_000);
  assert.equal(channel.hasRoom, true);
  assert.equal(roomCount, 1);
  assert.deepEqual(clock.delays, []);
});
