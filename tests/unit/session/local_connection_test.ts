import assert from "node:assert/strict";
import { ByteBudget } from "../../../src/session/byte_queue.ts";
import {
  type ConnectionEnd,
  HALF_CLOSE_GRACE_MS,
  LocalConnection,
  type RemoteStream,
} from "../../../src/session/local_connection.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import {
  closeQuietly,
  concat,
  pattern,
  readAll,
  readExactly,
  writeAll,
} from "../../support/forwarding.ts";
import { Watched } from "../../support/watched.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The remote end, played by the test. */
class FakeStream extends Watched implements RemoteStream {
  onData: (bytes: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  readonly taken: Uint8Array[] = [];
  /** True: bytes wait as they do behind a full window. */
  isFull = false;
  hasEnded = false;
  isDiscarded = false;
  /** The view that waits. */
  pending: Uint8Array | undefined;

  get pendingBytes(): number {
    return this.pending?.byteLength ?? 0;
  }

  get takenBytes(): number {
    return this.taken.reduce((sum, bytes) => sum + bytes.byteLength, 0);
  }

  write(bytes: Uint8Array): void {
    assert.equal(this.pendingBytes, 0, "written before the last bytes were taken");
    this.pending = bytes;
    if (!this.isFull) this.drain();
    this.changed();
  }

  /** Takes what waits. */
  drain(): void {
    if (this.pending === undefined) return;
    this.taken.push(this.pending.slice());
    this.pending = undefined;
    this.changed();
    this.onDrain();
  }

  end(): void {
    this.hasEnded = true;
    this.changed();
  }

  discard(): void {
    this.isDiscarded = true;
    this.changed();
  }
}

interface Pair extends AsyncDisposable {
  clock: FakeClock;
  stream: FakeStream;
  connection: LocalConnection;
  /** The local program's end. */
  program: Deno.TcpConn;
  bytes: { up: number; down: number };
}

async function pair(
  options: { budget?: ByteBudget; isFull?: boolean; isFrugal?: () => boolean } = {},
): Promise<Pair> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [program, accepted] = await Promise.all([
    Deno.connect({ port: listener.addr.port }),
    listener.accept(),
  ]);
  listener.close();
  const clock = new FakeClock();
  const stream = new FakeStream();
  stream.isFull = options.isFull ?? false;
  const bytes = { up: 0, down: 0 };
  const connection = new LocalConnection(accepted, stream, {
    clock,
    budget: options.budget ?? new ByteBudget(64 * 1024 * 1024),
    isFrugal: options.isFrugal,
    onBytesUp: (count) => bytes.up += count,
    onBytesDown: (count) => bytes.down += count,
  });
  return {
    clock,
    stream,
    connection,
    program,
    bytes,
    async [Symbol.asyncDispose]() {
      connection.reset("the test is over");
      await connection.done;
      closeQuietly(program);
      assert.deepEqual(clock.delays, [], "timers are left");
    },
  };
}

// --- Up ---

Deno.test("LocalConnection reads in small pieces while memory is to be spared", async () => {
  let isFrugal = false;
  await using test = await pair({ isFrugal: () => isFrugal });
  const { stream, program } = test;
  const transfer = async () => {
    stream.taken.length = 0;
    const sent = pattern(500_000);
    await writeAll(program, sent);
    await stream.when(() => stream.takenBytes === sent.byteLength);
    assert.deepEqual(concat(stream.taken), sent);
    return Math.max(...stream.taken.slice(1).map((bytes) => bytes.byteLength));
  };
  assert.ok(await transfer() > 4 * 1024);
  isFrugal = true;
  // The buffer that is being read into is the last large one.
  await writeAll(program, new Uint8Array(1));
  await stream.when(() => stream.taken.at(-1)!.byteLength === 1);
  assert.ok(await transfer() <= 4 * 1024);
});

Deno.test("LocalConnection takes every byte up, and the next ones only when those were taken", async () => {
  await using test = await pair({ isFull: true });
  const { stream, program, bytes } = test;
  const sent = pattern(1_000_000);
  const writing = writeAll(program, sent);
  while (stream.takenBytes < sent.byteLength) {
    await stream.when(() => stream.pendingBytes > 0);
    stream.drain();
  }
  await writing;
  assert.deepEqual(concat(stream.taken), sent);
  assert.equal(bytes.up, sent.byteLength);
  // Reads grow from 4 KiB to 64 KiB while more is waiting.
  const sizes = stream.taken.map((part) => part.byteLength);
  assert.equal(sizes[0], 4 * 1024);
  assert.equal(Math.max(...sizes), 64 * 1024);
});

Deno.test("LocalConnection does not touch bytes that the remote end has not taken yet", async () => {
  await using test = await pair({ isFull: true });
  const { stream, program } = test;
  await writeAll(program, utf8("first"));
  await stream.when(() => stream.pendingBytes > 0);
  stream.onEnd();
  await program.read(new Uint8Array(1));
  await writeAll(program, utf8("OTHER"));
  program.closeWrite();
  await test.connection.done;
  assert.deepEqual(stream.pending, utf8("first"));
});

// --- Down ---

Deno.test("LocalConnection delivers every byte to a program that reads late", async () => {
  await using test = await pair();
  const { stream, program, bytes } = test;
  const sent = pattern(6_000_000);
  for (let at = 0; at < sent.byteLength; at += 1_024) stream.onData(sent.subarray(at, at + 1_024));
  stream.onEnd();
  assert.deepEqual(await readAll(program), sent);
  assert.equal(bytes.down, sent.byteLength);
  program.close();
  assert.deepEqual(await test.connection.done, { how: "closed" });
  assert.ok(stream.hasEnded && !stream.isDiscarded);
});

Deno.test("LocalConnection goes on sending up after it has nothing more to read down", async () => {
  await using test = await pair();
  const { stream, program } = test;
  stream.onData(utf8("answer"));
  assert.deepEqual(await readExactly(program, 6), utf8("answer"));
  await writeAll(program, utf8("more"));
  await stream.when(() => stream.takenBytes === 4);
  assert.equal(stream.hasEnded, false);
});

// --- The remote end closes first ---

Deno.test("LocalConnection delivers the tail although the program's own bytes were not read", async () => {
  await using test = await pair({ isFull: true });
  const { stream, program } = test;
  // The stream takes nothing, so most of this waits in the system.
  const writing = writeAll(program, pattern(200_000));
  await stream.when(() => stream.pendingBytes > 0);
  const tail = pattern(300_000);
  stream.onData(tail);
  stream.onEnd();
  assert.deepEqual(await readAll(program), tail);
  await writing;
  program.close();
  assert.deepEqual(await test.connection.done, { how: "closed" });
});

Deno.test("LocalConnection closes two seconds after a remote end that the program ignores", async () => {
  await using test = await pair();
  const { clock, connection, stream, program } = test;
  stream.onData(utf8("bye"));
  stream.onEnd();
  await clock.scheduled(2_000);
  assert.ok(stream.hasEnded);
  assert.deepEqual(await readAll(program), utf8("bye"));
  let isDone = false;
  connection.done.then(() => isDone = true);
  clock.advance(1_999);
  await undefined;
  assert.equal(isDone, false);
  clock.advance(1);
  assert.deepEqual(await connection.done, { how: "closed" });
});

// --- The local program closes first ---

Deno.test("LocalConnection passes a local end on after ten seconds of silence", async () => {
  await using test = await pair();
  const { clock, connection, stream, program } = test;
  await writeAll(program, utf8("request"));
  await program.closeWrite();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  assert.deepEqual(concat(stream.taken), utf8("request"));
  clock.advance(HALF_CLOSE_GRACE_MS - 1);
  assert.equal(stream.hasEnded, false);
  // A byte of the answer starts the wait anew.
  stream.onData(utf8("ans"));
  clock.advance(HALF_CLOSE_GRACE_MS - 1);
  assert.equal(stream.hasEnded, false);
  stream.onData(utf8("wer"));
  clock.advance(HALF_CLOSE_GRACE_MS);
  assert.equal(stream.hasEnded, true);
  // Until the peer's own end, what it still says is delivered.
  stream.onData(utf8("!"));
  stream.onEnd();
  assert.deepEqual(await readAll(program), utf8("answer!"));
  assert.deepEqual(await connection.done, { how: "closed" });
  assert.equal(stream.isDiscarded, false);
});

Deno.test("LocalConnection ends at once when the peer ends during the wait", async () => {
  await using test = await pair();
  const { clock, connection, stream, program } = test;
  await program.closeWrite();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  stream.onData(utf8("whole answer"));
  stream.onEnd();
  assert.deepEqual(await readAll(program), utf8("whole answer"));
  assert.deepEqual(await connection.done, { how: "closed" });
  assert.ok(stream.hasEnded);
});

Deno.test("LocalConnection.hurry() shortens the wait to half a second, before and after the end", async () => {
  for (const isEarly of [true, false]) {
    await using test = await pair();
    const { clock, connection, stream, program } = test;
    if (isEarly) connection.hurry();
    await program.closeWrite();
    await clock.scheduled(isEarly ? 500 : HALF_CLOSE_GRACE_MS);
    if (!isEarly) connection.hurry();
    clock.advance(499);
    assert.equal(stream.hasEnded, false);
    clock.advance(1);
    assert.equal(stream.hasEnded, true);
  }
});

Deno.test("LocalConnection.hurry() does not end a connection that is in use", async () => {
  await using test = await pair();
  test.connection.hurry();
  test.clock.advance(60_000);
  assert.equal(test.stream.hasEnded, false);
  await writeAll(test.program, utf8("still here"));
  await test.stream.when(() => test.stream.takenBytes === 10);
});

// --- Breaking off ---

Deno.test("LocalConnection notices a program that has gone by writing to it", async () => {
  await using test = await pair();
  const { clock, connection, stream, program } = test;
  stream.onData(utf8("never read"));
  await program.read(new Uint8Array(1));
  program.close();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  // The system takes some before it hears of the reset.
  let end: ConnectionEnd | undefined;
  connection.done.then((how) => end = how);
  while (end === undefined) {
    stream.onData(new Uint8Array(64 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.equal(end.how, "reset");
  assert.match(
    (end as { reason: string }).reason,
    /^the local program (reset|closed) the connection$/,
  );
  assert.ok(stream.isDiscarded);
});

Deno.test("LocalConnection tells a failed read by its cause", async () => {
  const reasons: [error: Error, reason: string][] = [
    [new Deno.errors.ConnectionReset("x"), "the local program reset the connection"],
    [new Deno.errors.BrokenPipe("x"), "the local program closed the connection"],
    [new Error("x"), "the local connection failed"],
  ];
  for (const [error, reason] of reasons) {
    let isClosed = false;
    const conn = {
      read: () => Promise.reject(error),
      close: () => isClosed = true,
    } as unknown as Deno.TcpConn;
    const stream = new FakeStream();
    const connection = new LocalConnection(conn, stream, {
      clock: new FakeClock(),
      budget: new ByteBudget(100),
      onBytesUp: () => {},
      onBytesDown: () => {},
    });
    assert.deepEqual(await connection.done, { how: "reset", reason });
    assert.ok(isClosed && stream.isDiscarded);
  }
});

Deno.test("LocalConnection.reset() breaks off both ends and gives everything back", async () => {
  const budget = new ByteBudget(10_000_000);
  await using test = await pair({ budget, isFull: true });
  const { connection, stream, program } = test;
  await writeAll(program, utf8("pending"));
  await stream.when(() => stream.pendingBytes > 0);
  for (let i = 0; i < 8; i++) stream.onData(new Uint8Array(1_000_000));
  assert.ok(budget.usedBytes > 0);
  connection.reset("the session ended");
  assert.deepEqual(await connection.done, { how: "reset", reason: "the session ended" });
  assert.equal(budget.usedBytes, 0);
  assert.ok(stream.isDiscarded);
  // Late events of the stream change nothing.
  stream.onData(utf8("late"));
  stream.onEnd();
  stream.onDrain();
  assert.equal(budget.usedBytes, 0);
  await readAll(program).catch(() => {});
});

Deno.test("LocalConnection that does not read is reset at the budget; its neighbours are not", async () => {
  const limitBytes = 4 * 1024 * 1024;
  const budget = new ByteBudget(limitBytes);
  await using slow = await pair({ budget });
  await using quick = await pair({ budget });
  // The first chunk is being written; what follows waits.
  slow.stream.onData(new Uint8Array(limitBytes));
  slow.stream.onData(new Uint8Array(limitBytes));
  assert.equal(budget.usedBytes, limitBytes);
  // The neighbour's bytes are one too many, and it is not the one to blame.
  quick.stream.onData(utf8("quick"));
  assert.deepEqual(await slow.connection.done, {
    how: "reset",
    reason: "the local program does not read: 4 MiB were waiting for it",
  });
  assert.deepEqual(await readExactly(quick.program, 5), utf8("quick"));
  quick.stream.onData(utf8(" again"));
  assert.deepEqual(await readExactly(quick.program, 6), utf8(" again"));
});
