import assert from "node:assert/strict";
import {
  ProtocolError,
  SmuxSession,
  type SmuxStream,
  STREAM_PAYLOAD_BYTES,
} from "../../../src/protocol/mod.ts";
import { fromHex, toHex, utf8 } from "../../support/hex.ts";
import {
  describeFrames,
  frame,
  joinBytes,
  naiveFrameBytes,
  naiveParse,
  type SmuxCommandName,
} from "../../support/naive_smux.ts";

function client(options?: { maxStreams?: number }): SmuxSession {
  return new SmuxSession("client", { onOutput: () => {} }, options);
}

/** Everything a session has to send, pulled in pieces of `pullBytes`. */
function output(session: SmuxSession, pullBytes = STREAM_PAYLOAD_BYTES): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = session.pull(pullBytes);
    if (part === undefined) return joinBytes(parts);
    assert.ok(part.byteLength > 0 && part.byteLength <= pullBytes);
    parts.push(part);
  }
}

/** Feeds a session one frame. */
function feed(session: SmuxSession, command: SmuxCommandName, id: number, data = ""): void {
  session.receive(naiveFrameBytes(frame(command, id, utf8(data))));
}

/** Writes down what a stream reports. */
function record(stream: SmuxStream): string[] {
  const events: string[] = [];
  stream.onData = (bytes) => events.push(`data ${new TextDecoder().decode(bytes)}`);
  stream.onEnd = () => events.push("end");
  return events;
}

Deno.test("SmuxSession as client writes the reference's bytes", () => {
  const session = client();
  const stream = session.openStream();
  assert.equal(toHex(output(session)), "0100000003000000");
  stream.write(utf8("hello"));
  assert.equal(toHex(output(session)), "010205000300000068656c6c6f");
  stream.end();
  assert.equal(toHex(output(session)), "0101000003000000");
  session.sendNop();
  assert.equal(toHex(output(session)), "0103000000000000");
});

Deno.test("SmuxSession as client counts streams 3, 5, 7", () => {
  const session = client();
  assert.deepEqual([1, 2, 3].map(() => session.openStream().id), [3, 5, 7]);
  assert.equal(describeFrames(output(session)), "SYN 3, SYN 5, SYN 7");
});

Deno.test("SmuxSession sends SYN before data and FIN behind it", () => {
  const session = client();
  const stream = session.openStream();
  stream.write(utf8("first"));
  stream.write(utf8("second"));
  stream.end();
  stream.write(utf8("too late"));
  assert.equal(describeFrames(output(session)), "SYN 3, PSH 3 firstsecond, FIN 3");
  assert.equal(stream.pendingBytes, 0);
});

Deno.test("SmuxSession sends nothing for a write of nothing", () => {
  const session = client();
  const stream = session.openStream();
  output(session);
  stream.write(new Uint8Array(0));
  assert.equal(session.hasOutput, false);
  assert.equal(session.pull(1024), undefined);
});

Deno.test("SmuxSession sends one FIN, however often a stream is ended", () => {
  const session = client();
  const stream = session.openStream();
  stream.end();
  stream.end();
  assert.equal(describeFrames(output(session)), "SYN 3, FIN 3");
  stream.end();
  assert.equal(session.hasOutput, false);
});

Deno.test("SmuxStream receives data after its own FIN, until the peer's", () => {
  const session = client();
  const stream = session.openStream();
  const events = record(stream);
  stream.end();
  output(session);
  assert.equal(session.streams.size, 1);
  feed(session, "PSH", 3, "late reply");
  feed(session, "FIN", 3);
  assert.deepEqual(events, ["data late reply", "end"]);
  assert.equal(stream.receivedBytes, 10);
  assert.equal(session.streams.size, 0);
});

Deno.test("SmuxStream still sends after the peer's FIN, and is forgotten after its own", () => {
  const session = client();
  const stream = session.openStream();
  const events = record(stream);
  output(session);
  feed(session, "FIN", 3);
  feed(session, "FIN", 3);
  feed(session, "PSH", 3, "beyond its end");
  assert.deepEqual(events, ["end"]);
  assert.equal(stream.hasPeerEnded, true);
  assert.equal(session.streams.get(3), stream);
  stream.write(utf8("still here"));
  stream.end();
  assert.equal(describeFrames(output(session)), "PSH 3 still here, FIN 3");
  assert.equal(session.streams.size, 0);
});

Deno.test("SmuxSession ignores frames for streams that it does not know", () => {
  const session = client();
  const events = record(session.openStream());
  output(session);
  feed(session, "PSH", 99, "for nobody");
  feed(session, "FIN", 99);
  feed(session, "SYN", 2);
  feed(session, "PSH", 3, "for us");
  assert.deepEqual(events, ["data for us"]);
  assert.deepEqual([...session.streams.keys()], [3]);
  assert.equal(session.hasOutput, false);
});

/** A server that keeps the streams it is given. */
function server(options?: { maxStreams?: number }): { session: SmuxSession; opened: SmuxStream[] } {
  const opened: SmuxStream[] = [];
  const session = new SmuxSession("server", {
    onStream: (stream) => opened.push(stream),
    onOutput: () => {},
  }, options);
  return { session, opened };
}

Deno.test("SmuxSession as server takes each stream once: a SYN for a known id is ignored", () => {
  const { session, opened } = server();
  feed(session, "SYN", 3);
  const events = record(opened[0]!);
  feed(session, "PSH", 3, "a");
  feed(session, "SYN", 3);
  feed(session, "PSH", 3, "b");
  assert.equal(opened.length, 1);
  assert.deepEqual(events, ["data a", "data b"]);
  assert.equal(session.hasOutput, false);
});

Deno.test("SmuxSession as server answers without a SYN of its own", () => {
  const { session, opened } = server();
  feed(session, "SYN", 3);
  opened[0]!.write(utf8("welcome"));
  opened[0]!.end();
  assert.equal(describeFrames(output(session)), "PSH 3 welcome, FIN 3");
  feed(session, "FIN", 3);
  assert.equal(session.streams.size, 0);
});

Deno.test("SmuxSession as server opens streams with even ids, from 2", () => {
  const { session } = server();
  assert.deepEqual([session.openStream().id, session.openStream().id], [2, 4]);
});

Deno.test("SmuxSession.receive() is poisoned by another version or command", () => {
  for (const [hex, code] of [["02", "smux_version"], ["0104", "smux_command"]]) {
    const session = client();
    const events = record(session.openStream());
    const isThat = (error: unknown) => error instanceof ProtocolError && error.code === code;
    const bad = fromHex(hex!.padEnd(16, "0"));
    assert.throws(() => session.receive(bad), isThat);
    assert.throws(() => feed(session, "PSH", 3, "lost"), isThat);
    assert.deepEqual(events, []);
  }
});

Deno.test("SmuxSession takes a frame of 65,535 bytes and sends none above 32,768", () => {
  const { session, opened } = server();
  feed(session, "SYN", 3);
  const parts: Uint8Array[] = [];
  opened[0]!.onData = (bytes) => parts.push(bytes);
  const data = new Uint8Array(65_535).map((_, i) => i % 251);
  session.receive(naiveFrameBytes(frame("PSH", 3, data)));
  assert.deepEqual(joinBytes(parts), data);
  opened[0]!.write(data);
  const frames = naiveParse(output(session, 1_000_000));
  assert.deepEqual(frames.map((f) => f.data.byteLength), [32_768, 32_767]);
  assert.deepEqual(joinBytes(frames.map((f) => f.data)), data);
});

Deno.test("SmuxSession.pull() gives every waiting stream its turn", () => {
  const session = client();
  const streams = [1, 2, 3].map(() => session.openStream());
  output(session);
  streams[0]!.write(new Uint8Array(100_000));
  streams[1]!.write(new Uint8Array(3_000));
  streams[2]!.write(utf8("short"));
  const pulls = Array.from({ length: 7 }, () => {
    const frames = naiveParse(session.pull(1024)!);
    return frames.map((f) => `${f.streamId}:${f.data.byteLength}`).join(" ");
  });
  assert.deepEqual(pulls, [
    "3:1016",
    "5:1016",
    // The short one leaves room for the next in turn.
    "7:5 3:1003",
    "5:1016",
    "3:1016",
    "5:968 3:40",
    "3:1016",
  ]);
});

Deno.test("SmuxSession.pull() is as fair in one large piece", () => {
  const session = client();
  const streams = [session.openStream(), session.openStream()];
  output(session);
  for (const stream of streams) stream.write(new Uint8Array(70_000));
  const frames = naiveParse(session.pull(200_000)!);
  assert.deepEqual(frames.map((f) => [f.streamId, f.data.byteLength]), [
    [3, 32_768],
    [5, 32_768],
    [3, 32_768],
    [5, 32_768],
    [3, 4_464],
    [5, 4_464],
  ]);
});

Deno.test("SmuxSession.pull() fills pieces as small as 9 bytes with whole frames", () => {
  const session = client();
  const stream = session.openStream();
  stream.write(utf8("abc"));
  stream.end();
  session.sendNop();
  const pieces: string[] = [];
  for (let piece = session.pull(9); piece; piece = session.pull(9)) {
    pieces.push(describeFrames(piece));
  }
  assert.deepEqual(pieces, ["NOP 0", "SYN 3", "PSH 3 a", "PSH 3 b", "PSH 3 c", "FIN 3"]);
});

Deno.test("SmuxSession joins small writes into one frame", () => {
  const session = client();
  const stream = session.openStream();
  output(session);
  for (let i = 0; i < 2_000; i++) stream.write(utf8("x"));
  assert.equal(stream.pendingBytes, 2_000);
  const frames = naiveParse(output(session));
  assert.deepEqual(frames.map((f) => f.data.byteLength), [1016, 984]);
});

Deno.test("SmuxSession reports output when there was none before", () => {
  let count = 0;
  const session = new SmuxSession("client", { onOutput: () => count++ });
  const stream = session.openStream();
  assert.equal(count, 1);
  stream.write(utf8("a"));
  session.openStream();
  session.sendNop();
  assert.equal(count, 1);
  output(session);
  session.sendNop();
  session.sendNop();
  assert.equal(count, 2);
  output(session);
  stream.end();
  assert.equal(count, 3);
});

Deno.test("SmuxStream.onDrain tells that everything was taken, and may write more", () => {
  const session = client();
  const stream = session.openStream();
  const chunks = ["second", "third"];
  let drains = 0;
  stream.onDrain = () => {
    drains++;
    const next = chunks.shift();
    if (next !== undefined) stream.write(utf8(next));
  };
  stream.write(utf8("first"));
  assert.equal(describeFrames(output(session)), "SYN 3, PSH 3 first, PSH 3 second, PSH 3 third");
  assert.equal(drains, 3);
});

Deno.test("SmuxStream.discard() drops what waits, sends FIN and hears nothing more", () => {
  const session = client();
  const stream = session.openStream();
  const events = record(stream);
  output(session);
  stream.write(new Uint8Array(5_000));
  session.pull(1024);
  stream.discard();
  assert.equal(stream.pendingBytes, 0);
  feed(session, "PSH", 3, "unheard");
  assert.equal(describeFrames(output(session)), "FIN 3");
  assert.deepEqual(events, []);
  assert.equal(session.streams.size, 0);
  stream.discard();
  stream.write(utf8("nothing"));
  assert.equal(session.hasOutput, false);
});

Deno.test("SmuxStream.discard() after the stream's FIN forgets it at once", () => {
  const session = client();
  const stream = session.openStream();
  stream.end();
  output(session);
  stream.discard();
  assert.equal(session.streams.size, 0);
  assert.equal(session.hasOutput, false);
});

Deno.test("SmuxSession.openStream() stops at maxStreams until one is over", () => {
  const session = client({ maxStreams: 2 });
  const first = session.openStream();
  session.openStream();
  const isLimit = (error: unknown) =>
    error instanceof ProtocolError && error.code === "limit_exceeded";
  assert.throws(() => session.openStream(), isLimit);
  first.end();
  output(session);
  assert.throws(() => session.openStream(), isLimit);
  feed(session, "FIN", 3);
  assert.equal(session.openStream().id, 7);
});

Deno.test("SmuxSession as server refuses streams above maxStreams with FIN", () => {
  const { session, opened } = server({ maxStreams: 2 });
  for (const id of [3, 5, 7]) feed(session, "SYN", id);
  feed(session, "PSH", 7, "unheard");
  assert.deepEqual(opened.map((stream) => stream.id), [3, 5]);
  assert.equal(describeFrames(output(session)), "FIN 7");
  assert.deepEqual([...session.streams.keys()], [3, 5]);
});

Deno.test("SmuxSession as server keeps a bounded number of refusals for a peer that never reads", () => {
  const { session, opened } = server({ maxStreams: 10 });
  const flood = () => {
    for (let id = 3; id < 20_000; id += 2) feed(session, "SYN", id);
  };
  assert.throws(
    flood,
    (error: unknown) => error instanceof ProtocolError && error.code === "limit_exceeded",
  );
  assert.equal(opened.length, 10);
  assert.equal(session.streams.size, 20);
});

Deno.test("SmuxSession tells of every frame, known stream or not, for keep-alive", () => {
  let heard = 0;
  const session = new SmuxSession("client", { onOutput: () => {}, onFrame: () => heard++ });
  feed(session, "NOP", 0);
  feed(session, "PSH", 99, "x");
  feed(session, "FIN", 99);
  feed(session, "SYN", 99);
  assert.equal(heard, 4);
});
