/**
 * Our multiplexer against the reference library, xtaci/smux, over pipes, in both roles.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ProtocolError, type SmuxStream } from "../../src/protocol/mod.ts";
import { missingGoTools, SmuxLink, testWithTools } from "../support/plugin_twin.ts";

const missing = missingGoTools();

/** A small repeatable generator (mulberry32): numbers from 0 below 1. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomBytes(count: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random() * 256);
}

/** Cuts bytes into pieces of 1 to `most` bytes. */
function cutter(most: number, random: () => number) {
  return function* (bytes: Uint8Array): Iterable<Uint8Array> {
    for (let at = 0; at < bytes.byteLength;) {
      const end = at + 1 + Math.floor(random() * most);
      yield bytes.subarray(at, end);
      at = end;
    }
  };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const sha256 = (parts: Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

/** Everything that arrives on a stream until the peer's FIN. */
function received(stream: SmuxStream): Promise<Uint8Array[]> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    stream.onData = (bytes) => parts.push(bytes.slice());
    stream.onEnd = () => resolve(parts);
  });
}

for (
  const { pullBytes, cutBytes, largest } of [
    { pullBytes: 9, cutBytes: 3, largest: 200 },
    { pullBytes: 1024, cutBytes: 1024, largest: 20_000 },
    { pullBytes: 65_536, cutBytes: 65_536, largest: 200_000 },
  ]
) {
  testWithTools(
    `SmuxSession as client: 100 streams come back from xtaci/smux, pulled by ${pullBytes} bytes`,
    missing,
    async () => {
      const random = seeded(pullBytes);
      const link = await SmuxLink.start({
        role: "client",
        peer: ["server-echo"],
        pullBytes,
        cutInput: cutter(cutBytes, random),
      });
      const transfers = Array.from({ length: 100 }, (_, i) => {
        // Some send nothing: SYN and FIN alone. The end is sent before anything came back.
        const bytes = randomBytes(i % 10 === 0 ? 0 : Math.ceil(random() * largest), random);
        const stream = link.session.openStream();
        const answer = received(stream);
        const middle = Math.floor(bytes.byteLength * random());
        stream.write(bytes.subarray(0, middle));
        stream.write(bytes.subarray(middle));
        stream.end();
        return { id: stream.id, sent: sha256([bytes]), answer };
      });
      for (const { id, sent, answer } of transfers) {
        assert.equal(sha256(await answer), sent, `stream ${id}`);
      }
      assert.equal(link.session.streams.size, 0);
      assert.deepEqual(await link.finish(), { code: 0, stderr: "" });
    },
  );
}

for (
  const { name, peer, streamCount } of [
    {
      name: "100 streams at once",
      peer: ["-hold", "client-load", "100", "20000"],
      streamCount: 100,
    },
    { name: "frames of 32 KiB", peer: ["client-load", "4", "1000000"], streamCount: 4 },
    {
      name: "frames of 65,535 bytes",
      peer: ["-frame", "65535", "-write", "1000000", "client-load", "2", "1000000"],
      streamCount: 2,
    },
    { name: "streams without data", peer: ["client-load", "20", "0"], streamCount: 20 },
  ]
) {
  testWithTools(
    `SmuxSession as server: ${name} from xtaci/smux come back and end`,
    missing,
    async () => {
      const ids: number[] = [];
      let endCount = 0;
      const link = await SmuxLink.start({
        role: "server",
        peer,
        cutInput: cutter(5_000, seeded(streamCount)),
        onStream(stream) {
          ids.push(stream.id);
          stream.onData = (bytes) => stream.write(bytes.slice());
          stream.onEnd = () => {
            endCount++;
            stream.end();
          };
        },
      });
      await link.peerOutputEnded;
      assert.deepEqual(await link.finish(), { code: 0, stderr: "" });
      assert.deepEqual(ids, Array.from({ length: streamCount }, (_, i) => 3 + 2 * i));
      assert.equal(endCount, streamCount);
      assert.equal(link.session.streams.size, 0);
    },
  );
}

const GREETING = "hello from the other side\n";

testWithTools(
  "SmuxSession as client: a stream that xtaci/smux ended first takes nothing else with it",
  missing,
  async () => {
    const link = await SmuxLink.start({ role: "client", peer: ["server-greet"] });
    const first = link.session.openStream();
    assert.equal(sha256(await received(first)), sha256([encode(GREETING)]));
    // The peer has forgotten this id: it throws these bytes away.
    first.write(new Uint8Array(100_000));
    first.end();
    const second = link.session.openStream();
    assert.equal(sha256(await received(second)), sha256([encode(GREETING)]));
    second.end();
    assert.deepEqual(await link.finish(), { code: 0, stderr: "" });
    assert.equal(link.session.streams.size, 0);
  },
);

testWithTools(
  "SmuxSession.sendNop() keeps an xtaci/smux session with keep-alive open, and takes its NOPs",
  missing,
  async () => {
    // 25 NOPs of the peer take 2.5 s; without ours it would leave after one to two seconds.
    const enough = Promise.withResolvers<void>();
    let nopCount = 0;
    const link = await SmuxLink.start({
      role: "client",
      peer: ["-nop-ms", "100", "-silence-ms", "1000", "server-echo"],
      onFrame() {
        link.session.sendNop();
        if (++nopCount === 25) enough.resolve();
      },
    });
    await Promise.race([enough.promise, link.peerOutputEnded]);
    assert.equal(nopCount, 25);
    const stream = link.session.openStream();
    const answer = received(stream);
    stream.write(encode("still here"));
    stream.end();
    assert.equal(sha256(await answer), sha256([encode("still here")]));
    assert.deepEqual(await link.finish(), { code: 0, stderr: "" });
  },
);

testWithTools(
  "SmuxSession without sendNop(): xtaci/smux with keep-alive ends the session",
  missing,
  async () => {
    const link = await SmuxLink.start({
      role: "client",
      peer: ["-nop-ms", "50", "-silence-ms", "200", "server-echo"],
    });
    await link.peerOutputEnded;
    const { code, stderr } = await link.finish();
    assert.equal(code, 1);
    assert.match(stderr, /accept: .*closed pipe/);
  },
);

testWithTools(
  "SmuxSession.receive() refuses frames of smux version 2",
  missing,
  async () => {
    const link = await SmuxLink.start({
      role: "server",
      peer: ["-version", "2", "client-load", "1", "10"],
    });
    await assert.rejects(
      link.peerOutputEnded,
      (error) => error instanceof ProtocolError && error.code === "smux_version",
    );
    const { code } = await link.finish();
    assert.equal(code, 1);
  },
);
