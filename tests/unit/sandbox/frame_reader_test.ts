import assert from "node:assert/strict";
import { FrameError, FrameReader, OPCODE } from "../../../src/sandbox/gateway/frame_reader.ts";
import { OutputBatch } from "../../../src/sandbox/gateway/output_batch.ts";
import { fromHex, toHex, utf8 } from "../../support/hex.ts";
import { randomBytes, seeded } from "../../support/seeded.ts";
import { serverFrame } from "../../support/websocket_peer.ts";

const MASK = fromHex("37fa213d");

/** A client's frame. */
function masked(opcode: number, payload: Uint8Array, isFinal = true): Uint8Array {
  return serverFrame(opcode, payload, { isFinal, mask: MASK });
}

/** Feeds `pieces` one after the other; what came out, as text. */
function read(pieces: readonly Uint8Array[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader({
    onMessage: ({ isText, payload }) =>
      seen.push(`${isText ? "text" : "binary"} ${toHex(payload)}`),
    onPing: (payload) => seen.push(`ping ${toHex(payload)}`),
    onClose: (code, reason) => seen.push(`close ${code} ${reason}`),
  });
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength;) {
      const { room } = reader;
      const count = Math.min(room.byteLength, piece.byteLength - at);
      room.set(piece.subarray(at, at + count));
      at += count;
      reader.filled(count, () => false);
    }
  }
  return seen;
}

Deno.test("the masked example of RFC 6455 section 5.7 is read", () => {
  assert.deepEqual(read([fromHex("81 85 37fa213d 7f9f4d5158")]), [`text ${toHex(utf8("Hello"))}`]);
});

Deno.test("frames cut anywhere give the same messages", () => {
  const random = seeded(7);
  const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000].map((n) =>
    randomBytes(random, n)
  );
  const wire = payloads.map((payload) => masked(OPCODE.binary, payload));
  const expected = payloads.map((payload) => `binary ${toHex(payload)}`);
  const whole = new Uint8Array(wire.reduce((sum, frame) => sum + frame.byteLength, 0));
  let at = 0;
  for (const frame of wire) {
    whole.set(frame, at);
    at += frame.byteLength;
  }
  assert.deepEqual(read([whole]), expected);
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < whole.byteLength;) {
    const to = from + 1 + Math.floor(random() * 3_000);
    pieces.push(whole.slice(from, to));
    from = to;
  }
  assert.deepEqual(read(pieces), expected);
});

Deno.test("messages stay whole after later ones were read", () => {
  const kept: Uint8Array[] = [];
  const reader = new FrameReader({
    onMessage: ({ payload }) => kept.push(payload),
    onPing() {},
    onClose() {},
  });
  for (let i = 0; i < 2_000; i++) {
    const frame = masked(OPCODE.binary, new Uint8Array(1_000).fill(i));
    reader.room.set(frame);
    reader.filled(frame.byteLength, () => false);
  }
  assert.ok(kept.every((payload, i) => payload.every((byte) => byte === (i & 0xff))));
});

Deno.test("fragments are joined, and control frames may come between them", () => {
  assert.deepEqual(
    read([
      masked(OPCODE.binary, utf8("ab"), false),
      masked(OPCODE.ping, utf8("keepalive")),
      masked(OPCODE.continuation, utf8("cd"), false),
      masked(OPCODE.continuation, utf8("ef")),
    ]),
    [`ping ${toHex(utf8("keepalive"))}`, `binary ${toHex(utf8("abcdef"))}`],
  );
});

Deno.test("a close is read with and without its code", () => {
  assert.deepEqual(read([masked(OPCODE.close, new Uint8Array(0))]), ["close 1005 "]);
  assert.deepEqual(read([masked(OPCODE.close, new Uint8Array([3, 232, ...utf8("Bye")]))]), [
    "close 1000 Bye",
  ]);
});

Deno.test("reading stops between frames when asked, and goes on", () => {
  const seen: string[] = [];
  const reader = new FrameReader({
    onMessage: ({ payload }) => seen.push(toHex(payload)),
    onPing() {},
    onClose() {},
  });
  const two = new Uint8Array([
    ...masked(OPCODE.binary, utf8("a")),
    ...masked(OPCODE.binary, utf8("b")),
  ]);
  reader.room.set(two);
  reader.filled(two.byteLength, () => seen.length === 1);
  assert.equal(seen.length, 1);
  reader.filled(0, () => false);
  assert.deepEqual(seen, ["61", "62"]);
});

for (
  const [what, wire, code] of [
    ["an unmasked frame", serverFrame(OPCODE.binary, utf8("x")), 1002],
    ["reserved bits", serverFrame(OPCODE.binary, utf8("x"), { reserved: 4, mask: MASK }), 1002],
    ["an unknown opcode", masked(3, utf8("x")), 1002],
    ["a continuation of nothing", masked(OPCODE.continuation, utf8("x")), 1002],
    ["a long ping", masked(OPCODE.ping, new Uint8Array(126)), 1002],
    ["a ping in parts", masked(OPCODE.ping, utf8("x"), false), 1002],
    ["a frame of more than 1 MiB", fromHex("82 ff 0000000000100001 00000000"), 1009],
  ] as const
) {
  Deno.test(`${what} is refused with ${code}`, () => {
    assert.throws(
      () => read([wire]),
      (error) => error instanceof FrameError && error.code === code,
    );
  });
}

Deno.test("parts that are more than 1 MiB together are refused", () => {
  const part = new Uint8Array(600_000);
  const parts = [
    masked(OPCODE.binary, part, false),
    masked(OPCODE.continuation, part, false),
  ];
  assert.throws(() => read(parts), (error) => error instanceof FrameError && error.code === 1009);
});

Deno.test("OutputBatch writes the frames that an independent writer writes", () => {
  const batch = new OutputBatch();
  const random = seeded(3);
  let expected = "";
  for (const length of [0, 1, 125, 126, 1_144, 65_535, 65_536, 200_000]) {
    const payload = randomBytes(random, length);
    batch.addFrame(OPCODE.binary, payload);
    expected += toHex(serverFrame(OPCODE.binary, payload));
  }
  assert.equal(toHex(batch.view), expected);
  batch.clear();
  assert.equal(batch.bytes, 0);
});
