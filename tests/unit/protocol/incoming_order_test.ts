import assert from "node:assert/strict";
import {
  IncomingOrder,
  type IncomingOrderOptions,
  type Offered,
} from "../../../src/protocol/mod.ts";

interface Message {
  sequenceNumber: number;
  payload: Uint8Array;
}

/** Offers messages by number, of 10 bytes each; gives what became of each and what was delivered. */
function offerAll(
  sequence: number[],
  options?: IncomingOrderOptions,
): { offered: Offered[]; delivered: number[] } {
  const delivered: number[] = [];
  const order = new IncomingOrder<Message>((m) => delivered.push(m.sequenceNumber), options);
  const offered = sequence.map((sequenceNumber) =>
    order.offer({ sequenceNumber, payload: new Uint8Array(10) })
  );
  return { offered, delivered };
}

Deno.test("IncomingOrder delivers the expected number at once", () => {
  assert.deepEqual(offerAll([0, 1, 2]), {
    offered: ["delivered", "delivered", "delivered"],
    delivered: [0, 1, 2],
  });
});

Deno.test("IncomingOrder stores what is ahead and delivers it in its turn", () => {
  assert.deepEqual(offerAll([2, 1, 4, 0, 3]), {
    offered: ["stored", "stored", "stored", "delivered", "delivered"],
    delivered: [0, 1, 2, 3, 4],
  });
});

Deno.test("IncomingOrder knows duplicates of the delivered and of the stored", () => {
  assert.deepEqual(offerAll([0, 0, 2, 2, 1, 2, 0]), {
    offered: [
      "delivered",
      "duplicate",
      "stored",
      "duplicate",
      "delivered",
      "duplicate",
      "duplicate",
    ],
    delivered: [0, 1, 2],
  });
});

Deno.test("IncomingOrder drops what is ahead beyond its bound of messages, never the expected", () => {
  assert.deepEqual(offerAll([1, 2, 3, 2, 0, 3], { maxMessages: 2 }), {
    offered: ["stored", "stored", "overflow", "duplicate", "delivered", "delivered"],
    delivered: [0, 1, 2, 3],
  });
});

Deno.test("IncomingOrder drops what is ahead beyond its bound of bytes, and counts them back", () => {
  assert.deepEqual(offerAll([1, 2, 3, 0, 4, 5, 6, 3], { maxBytes: 20 }), {
    offered: [
      "stored",
      "stored",
      "overflow",
      "delivered",
      "stored",
      "stored",
      "overflow",
      "delivered",
    ],
    delivered: [0, 1, 2, 3, 4, 5],
  });
});

Deno.test("IncomingOrder keeps 10,000 messages ahead, as the plugin does", () => {
  const ahead = Array.from({ length: 10_001 }, (_, i) => i + 1);
  const { offered, delivered } = offerAll([...ahead, 0]);
  assert.equal(offered.filter((o) => o === "stored").length, 10_000);
  assert.equal(offered[10_000], "overflow");
  assert.equal(delivered.length, 10_001);
});

Deno.test("IncomingOrder.expected counts delivered messages", () => {
  const order = new IncomingOrder<Message>(() => {});
  assert.equal(order.expected, 0);
  order.offer({ sequenceNumber: 1, payload: new Uint8Array(1) });
  assert.equal(order.expected, 0);
  order.offer({ sequenceNumber: 0, payload: new Uint8Array(1) });
  assert.equal(order.expected, 2);
});
