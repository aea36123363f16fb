import assert from "node:assert/strict";
import fc from "fast-check";
import {
  clientFrameBytes,
  ProtocolError,
  WEBSOCKET_OPCODE,
  WebSocketParser,
  writeClientFrame,
} from "../../../src/protocol/mod.ts";
import { serverFrame } from "../../support/websocket_peer.ts";

type Event =
  | { message: Uint8Array }
  | { ping: Uint8Array }
  | { pong: true }
  | { close: { code: number; reason: string } };

function collect(): { events: Event[]; parser: WebSocketParser } {
  const events: Event[] = [];
  const parser = new WebSocketParser({
    onMessage: (message) => events.push({ message }),
    onPing: (ping) => events.push({ ping }),
    onPong: () => events.push({ pong: true }),
    onClose: (close) => events.push({ close }),
  });
  return { events, parser };
}

function parse(...chunks: Uint8Array[]): Event[] {
  const { events, parser } = collect();
  for (const chunk of chunks) parser.feed(chunk);
  return events;
}

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));
const utf8 = (text: string) => new TextEncoder().encode(text);
const isRefused = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code;

/** Joins arrays. */
function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function writeFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Uint8Array {
  const target = new Uint8Array(clientFrameBytes(payload.byteLength));
  assert.equal(writeClientFrame(target, 0, { opcode, payload, mask }), target.byteLength);
  return target;
}

// --- RFC 6455 section 5.7 ---

Deno.test("writeClientFrame() writes the RFC's masked Hello", () => {
  const frame = writeFrame(WEBSOCKET_OPCODE.text, utf8("Hello"), hex("37fa213d"));
  assert.deepEqual(frame, hex("818537fa213d7f9f4d5158"));
});

Deno.test("writeClientFrame() writes the RFC's masked pong", () => {
  const frame = writeFrame(WEBSOCKET_OPCODE.pong, utf8("Hello"), hex("37fa213d"));
  assert.deepEqual(frame, hex("8a8537fa213d7f9f4d5158"));
});

Deno.test("WebSocketParser reads the RFC's unmasked Hello", () => {
  assert.deepEqual(parse(hex("810548656c6c6f")), [{ message: utf8("Hello") }]);
});

Deno.test("WebSocketParser reads the RFC's fragmented Hello", () => {
  assert.deepEqual(parse(hex("010348656c 80026c6f")), [{ message: utf8("Hello") }]);
});

Deno.test("WebSocketParser reads the RFC's ping", () => {
  assert.deepEqual(parse(hex("890548656c6c6f")), [{ ping: utf8("Hello") }]);
});

Deno.test("WebSocketParser reads the RFC's 256 bytes with a 16-bit length", () => {
  const body = new Uint8Array(256).fill(7);
  assert.deepEqual(parse(hex("827e0100"), body), [{ message: body }]);
});

Deno.test("WebSocketParser reads the RFC's 64 KiB with a 64-bit length", () => {
  const body = new Uint8Array(65_536).fill(9);
  assert.deepEqual(parse(hex("827f0000000000010000"), body), [{ message: body }]);
});

// --- Writing ---

Deno.test("writeClientFrame() takes the shortest form of each length", () => {
  const heads: [payloadBytes: number, head: string][] = [
    [0, "8280"],
    [125, "82fd"],
    [126, "82fe007e"],
    [65_535, "82feffff"],
    [65_536, "82ff0000000000010000"],
  ];
  for (const [payloadBytes, head] of heads) {
    const frame = writeFrame(2, new Uint8Array(payloadBytes), hex("00000000"));
    const wanted = hex(head + "00000000");
    assert.deepEqual(frame.subarray(0, wanted.byteLength), wanted, `${payloadBytes} bytes`);
    assert.equal(frame.byteLength, wanted.byteLength + payloadBytes);
  }
});

Deno.test("writeClientFrame() writes at its offset and leaves the rest alone", () => {
  const target = new Uint8Array(20).fill(0xee);
  const end = writeClientFrame(target.subarray(2), 3, {
    opcode: 2,
    payload: utf8("abc"),
    mask: hex("01020304"),
  });
  assert.equal(end, 3 + 9);
  assert.deepEqual(target, hex("eeeeeeeeee 8283 01020304 606060 eeeeeeeeeeee"));
});

Deno.test("writeClientFrame() masks with all four bytes, for any payload", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(fc.property(bytes, fc.uint8Array({ minLength: 4, maxLength: 4 }), (payload, mask) => {
    const frame = writeFrame(2, payload, mask);
    const body = frame.subarray(frame.byteLength - payload.byteLength);
    assert.deepEqual(body.map((byte, i) => byte ^ mask[i % 4]!), payload);
    assert.deepEqual(
      frame.subarray(frame.byteLength - payload.byteLength - 4).subarray(0, 4),
      mask,
    );
  }));
});

// --- Reading ---

Deno.test("WebSocketParser delivers control frames between the fragments of a message", () => {
  const events = parse(
    serverFrame(2, utf8("one "), { isFinal: false }),
    serverFrame(9, utf8("p")),
    serverFrame(0, utf8("two "), { isFinal: false }),
    serverFrame(10, utf8("q")),
    serverFrame(0, utf8("three")),
    serverFrame(2, utf8("next")),
  );
  assert.deepEqual(events, [
    { ping: utf8("p") },
    { pong: true },
    { message: utf8("one two three") },
    { message: utf8("next") },
  ]);
});

Deno.test("WebSocketParser delivers empty messages and empty fragments", () => {
  const events = parse(
    serverFrame(2, new Uint8Array(0)),
    serverFrame(1, new Uint8Array(0), { isFinal: false }),
    serverFrame(0, new Uint8Array(0)),
  );
  assert.deepEqual(events, [{ message: new Uint8Array(0) }, { message: new Uint8Array(0) }]);
});

Deno.test("WebSocketParser reads close frames with and without code and reason", () => {
  assert.deepEqual(parse(serverFrame(8, new Uint8Array(0))), [{
    close: { code: 1005, reason: "" },
  }]);
  assert.deepEqual(parse(serverFrame(8, hex("03e8"))), [{ close: { code: 1000, reason: "" } }]);
  assert.deepEqual(parse(serverFrame(8, concat([hex("03e8"), utf8("Bye")]))), [{
    close: { code: 1000, reason: "Bye" },
  }]);
});

Deno.test("WebSocketParser hands out copies: the caller may reuse its buffer", () => {
  const buffer = serverFrame(2, utf8("kept"));
  const { events, parser } = collect();
  parser.feed(buffer);
  buffer.fill(0);
  assert.deepEqual(events, [{ message: utf8("kept") }]);
});

Deno.test("WebSocketParser reads the same from any chunking", () => {
  const payload = fc.uint8Array({ maxLength: 400 });
  const message = fc.array(payload, { minLength: 1, maxLength: 4 });
  const cuts = fc.array(fc.nat(2_000), { maxLength: 30 });
  fc.assert(fc.property(fc.array(message, { maxLength: 5 }), cuts, (messages, offsets) => {
    const bytes = concat(
      messages.flatMap((fragments) =>
        fragments.map((fragment, i) =>
          serverFrame(i === 0 ? 2 : 0, fragment, { isFinal: i === fragments.length - 1 })
        )
      ),
    );
    const ends = [...offsets.map((at) => at % (bytes.byteLength + 1)), bytes.byteLength];
    let from = 0;
    const chunks = ends.toSorted((a, b) => a - b).map((end) => bytes.subarray(from, from = end));
    const wanted = messages.map((fragments) => ({ message: concat(fragments) }));
    assert.deepEqual(parse(...chunks), wanted);
  }));
});

// --- Refusals ---

Deno.test("WebSocketParser refuses what a server must not send", () => {
  const hello = utf8("Hello");
  const refused: [what: string, bytes: Uint8Array][] = [
    ["a masked frame", serverFrame(2, hello, { mask: hex("37fa213d") })],
    ["RSV1", serverFrame(2, hello, { reserved: 4 })],
    ["RSV2", serverFrame(2, hello, { reserved: 2 })],
    ["RSV3", serverFrame(2, hello, { reserved: 1 })],
    ["a reserved bit on a control frame", serverFrame(9, hello, { reserved: 4 })],
    ["a ping of 126 bytes", serverFrame(9, new Uint8Array(126))],
    ["a fragmented ping", serverFrame(9, hello, { isFinal: false })],
    ["a fragmented close", serverFrame(8, hex("03e8"), { isFinal: false })],
    ["a close of one byte", serverFrame(8, hex("03"))],
    ["a continuation of nothing", serverFrame(0, hello)],
    [
      "a new message inside a fragmented one",
      concat([
        serverFrame(2, hello, { isFinal: false }),
        serverFrame(2, hello),
      ]),
    ],
  ];
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    refused.push([`opcode ${opcode}`, serverFrame(opcode, hello)]);
  }
  for (const [what, bytes] of refused) {
    assert.throws(() => parse(bytes), isRefused("payload_malformed"), what);
  }
});

Deno.test("WebSocketParser refuses an unknown opcode before it takes the payload", () => {
  // The header of 8 MiB alone: nothing may be kept for it.
  assert.throws(() => parse(hex("837f0000000000800000")), isRefused("payload_malformed"));
});

const LIMIT_BYTES = 16 * 1024 * 1024;

function length64(bytes: number): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes));
  return length;
}

Deno.test("WebSocketParser takes a message of 16 MiB and refuses a longer one by its header", () => {
  const body = new Uint8Array(LIMIT_BYTES).fill(1);
  const [event] = parse(hex("827f"), length64(LIMIT_BYTES), body);
  assert.equal((event as { message: Uint8Array }).message.byteLength, LIMIT_BYTES);
  assert.throws(() => parse(hex("827f"), length64(LIMIT_BYTES + 1)), isRefused("limit_exceeded"));
  assert.throws(() => parse(hex("827fffffffffffffffff")), isRefused("limit_exceeded"));
});

Deno.test("WebSocketParser bounds the sum of a message's fragments, and says the bound", () => {
  const half = new Uint8Array(LIMIT_BYTES / 2);
  const first = [hex("027f"), length64(half.byteLength), half];
  const second = [hex("007f"), length64(half.byteLength), half];
  assert.throws(
    () => parse(...first, ...second, hex("0001")),
    (error) => isRefused("limit_exceeded")(error) && /16777216/.test((error as Error).message),
  );
});

Deno.test("WebSocketParser takes a ping beside fragments that reach the bound", () => {
  const body = new Uint8Array(LIMIT_BYTES);
  const events = parse(
    hex("027f"),
    length64(LIMIT_BYTES),
    body,
    serverFrame(9, utf8("still here")),
    serverFrame(0, new Uint8Array(0)),
  );
  assert.deepEqual(events[0], { ping: utf8("still here") });
  assert.equal((events[1] as { message: Uint8Array }).message.byteLength, LIMIT_BYTES);
});

Deno.test("WebSocketParser bounds the number of a message's fragments, empty ones too", () => {
  const first = serverFrame(2, new Uint8Array(0), { isFinal: false });
  const more = concat(
    Array.from({ length: 4095 }, () => serverFrame(0, new Uint8Array(0), { isFinal: false })),
  );
  const last = serverFrame(0, utf8("end"));
  assert.throws(() => parse(first, more, last), isRefused("limit_exceeded"));
  const oneLess = more.subarray(0, more.byteLength - 2);
  assert.deepEqual(parse(first, oneLess, last), [{ message: utf8("end") }]);
});

Deno.test("WebSocketParser throws nothing but ProtocolError, whatever arrives", () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 });
  fc.assert(
    fc.property(chunks, (bytes) => {
      try {
        parse(...bytes);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("WebSocketParser throws nothing but ProtocolError at damaged frames", () => {
  const frames = fc.array(
    fc.record({
      opcode: fc.nat(15),
      payload: fc.uint8Array({ maxLength: 140 }),
      isFinal: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 1, 4),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(frames, (list) => {
      try {
        parse(concat(list.map((frame) => serverFrame(frame.opcode, frame.payload, frame))));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});
