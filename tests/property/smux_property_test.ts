import assert from "node:assert/strict";
import fc from "fast-check";
import { SmuxSession, type SmuxStream } from "../../src/protocol/mod.ts";
import { SmuxParser } from "../../src/protocol/smux_frame.ts";
import {
  frame,
  joinBytes,
  type NaiveFrame,
  naiveFrameBytes,
  naiveParse,
} from "../support/naive_smux.ts";
import { cutRandomly, type Random, randomBytes, randomInt, seeded } from "../support/seeded.ts";

const streamId = fc.oneof(fc.nat({ max: 9 }), fc.integer({ min: 0, max: 0xffff_ffff }));

const anyFrame: fc.Arbitrary<NaiveFrame> = fc.oneof(
  fc.tuple(fc.constantFrom("SYN" as const, "FIN" as const), streamId)
    .map(([command, id]) => frame(command, id)),
  fc.constant(frame("NOP", 0)),
  fc.tuple(streamId, fc.uint8Array({ maxLength: 300, size: "max" })).map(([id, data]) =>
    frame("PSH", id, data)
  ),
);

/** Frames as text; data that goes to one stream without anything between is joined. */
class FrameLog {
  readonly #events: string[] = [];
  #pushed: { id: number; parts: Uint8Array[] } | undefined;

  add({ command, streamId, data }: NaiveFrame): void {
    if (command !== "PSH") {
      this.#flush();
      this.#events.push(`${command} ${streamId}`);
    } else if (data.byteLength > 0) {
      if (this.#pushed?.id !== streamId) this.#flush();
      this.#pushed ??= { id: streamId, parts: [] };
      this.#pushed.parts.push(data);
    }
  }

  take(): string[] {
    this.#flush();
    return this.#events;
  }

  #flush(): void {
    if (this.#pushed === undefined) return;
    this.#events.push(`PSH ${this.#pushed.id} ${joinBytes(this.#pushed.parts)}`);
    this.#pushed = undefined;
  }
}

Deno.test("any chunking of smux bytes gives the same events", () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 30, size: "max" }),
      fc.nat(),
      fc.integer({ min: 1, max: 700 }),
      (frames, seed, mostBytes) => {
        const bytes = joinBytes(frames.map(naiveFrameBytes));
        const wanted = new FrameLog();
        for (const each of naiveParse(bytes)) wanted.add(each);
        const log = new FrameLog();
        const parser = new SmuxParser({
          onSyn: (id) => log.add(frame("SYN", id)),
          onFin: (id) => log.add(frame("FIN", id)),
          onNop: () => log.add(frame("NOP", 0)),
          onPush: (id, data) => log.add(frame("PSH", id, data)),
        });
        for (const piece of cutRandomly(seeded(seed), bytes, mostBytes)) parser.feed(piece);
        assert.deepEqual(log.take(), wanted.take());
      },
    ),
    { numRuns: 300 },
  );
});

/** One end of a stream: what it sent and received, and what ended it. */
class End {
  readonly sent: Uint8Array[] = [];
  readonly received: Uint8Array[] = [];
  ends = 0;

  constructor(readonly stream: SmuxStream) {
    stream.onData = (bytes) => {
      assert.equal(this.ends, 0, "data behind the end");
      this.received.push(bytes.slice());
    };
    stream.onEnd = () => this.ends++;
  }

  write(bytes: Uint8Array): void {
    if (this.stream.hasEnded) return;
    this.sent.push(bytes);
    this.stream.write(bytes);
  }
}

/** A client and a server, each with everything it ever had open. */
class Pair {
  readonly clientEnds = new Map<number, End>();
  readonly serverEnds = new Map<number, End>();
  readonly #random: Random;
  readonly client = new SmuxSession("client", { onOutput: () => {} });
  readonly server = new SmuxSession("server", {
    onOutput: () => {},
    onStream: (stream) => {
      assert.ok(!this.serverEnds.has(stream.id), `stream ${stream.id} came twice`);
      this.serverEnds.set(stream.id, new End(stream));
    },
  });

  constructor(random: Random) {
    this.#random = random;
  }

  open(): void {
    const stream = this.client.openStream();
    this.clientEnds.set(stream.id, new End(stream));
  }

  anyEnd(): End | undefined {
    const ends = [...this.clientEnds.values(), ...this.serverEnds.values()];
    return ends[randomInt(this.#random, 0, ends.length - 1)];
  }

  /** Takes one piece from one side to the other, cut anew on the way. Whether there was one. */
  carry(from: SmuxSession, to: SmuxSession, pullBytes: number): boolean {
    const hadOutput = from.hasOutput;
    const piece = from.pull(pullBytes);
    assert.equal(piece !== undefined, hadOutput);
    if (piece === undefined) return false;
    assert.ok(piece.byteLength > 0 && piece.byteLength <= pullBytes, `${piece.byteLength}`);
    naiveParse(piece);
    for (const part of cutRandomly(this.#random, piece, piece.byteLength)) to.receive(part);
    return true;
  }
}

const anyTransfer = fc.record({
  seed: fc.nat(),
  steps: fc.integer({ min: 0, max: 300 }),
  streams: fc.integer({ min: 1, max: 20 }),
  mostBytes: fc.constantFrom(1, 50, 3_000, 40_000),
  leastPull: fc.constant(9),
  mostPull: fc.constantFrom(9, 10, 16, 100, 1024, 100_000),
});

Deno.test("any interleaving of streams and any pull sizes deliver every stream's exact bytes", () => {
  fc.assert(
    fc.property(anyTransfer, ({ seed, steps, streams, mostBytes, leastPull, mostPull }) => {
      const random = seeded(seed);
      const pair = new Pair(random);
      const pullBytes = () => randomInt(random, leastPull, mostPull);
      pair.open();
      for (let step = 0; step < steps; step++) {
        const what = random();
        if (what < 0.1 && pair.clientEnds.size < streams) pair.open();
        else if (what < 0.4) {
          // Small pulls make large transfers long; this many bytes are enough to cut anywhere.
          const most = Math.min(mostBytes, 100 * mostPull);
          pair.anyEnd()!.write(randomBytes(random, randomInt(random, 0, most)));
        } else if (what < 0.45) pair.anyEnd()!.stream.end();
        else if (what < 0.5) (random() < 0.5 ? pair.client : pair.server).sendNop();
        else if (what < 0.75) pair.carry(pair.client, pair.server, pullBytes());
        else pair.carry(pair.server, pair.client, pullBytes());
      }
      const carryAll = () => {
        while (pair.carry(pair.client, pair.server, pullBytes()));
        while (pair.carry(pair.server, pair.client, pullBytes()));
      };
      carryAll();
      assert.deepEqual([...pair.serverEnds.keys()], [...pair.clientEnds.keys()]);
      for (const end of pair.clientEnds.values()) end.stream.end();
      for (const end of pair.serverEnds.values()) end.stream.end();
      carryAll();
      for (const [id, clientEnd] of pair.clientEnds) {
        const serverEnd = pair.serverEnds.get(id)!;
        assert.deepEqual(joinBytes(serverEnd.received), joinBytes(clientEnd.sent), `up ${id}`);
        assert.deepEqual(joinBytes(clientEnd.received), joinBytes(serverEnd.sent), `down ${id}`);
        assert.deepEqual([clientEnd.ends, serverEnd.ends], [1, 1], `ends of ${id}`);
      }
      assert.equal(pair.client.streams.size + pair.server.streams.size, 0);
    }),
    { numRuns: 150 },
  );
});

Deno.test("SmuxSession.receive() reads any bytes or throws the same error for good", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (pieces) => {
      const session = new SmuxSession("server", { onOutput: () => {} });
      let failure: unknown;
      for (const piece of pieces) {
        try {
          session.receive(piece);
          assert.equal(failure, undefined, "the session came back to life");
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          failure ??= error;
          assert.equal(error, failure);
        }
      }
    }),
    { numRuns: 300 },
  );
});
