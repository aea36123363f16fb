import assert from "node:assert/strict";
import { PAYLOAD_TYPE, type SmuxStream } from "../../../src/protocol/mod.ts";
import { MuxForwarder } from "../../../src/session/mux_forwarder.ts";
import { GRANT } from "../../support/fake_transport.ts";
import {
  concat,
  forwarding,
  pattern,
  readAll,
  readExactly,
  REFUSAL_TEXT,
  writeAll,
} from "../../support/forwarding.ts";
import type { AgentScript } from "../../support/scripted_agent.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const live = () => new AbortController().signal;

function mux(script: AgentScript = {}, listener?: Deno.TcpListener, needsKeepAlive = false) {
  return forwarding(
    script,
    (channel, options) => new MuxForwarder(channel, { ...options, needsKeepAlive }),
    listener,
  );
}

/** Lets everything that is under way on the event loop happen. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A listener that hands out `conns` and then waits for its close. */
function listenerOf(conns: (Deno.TcpConn | Error)[]): Deno.TcpListener {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  return {
    addr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
    accept() {
      const next = conns.shift();
      if (next === undefined) return closed.promise;
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
    close: () => closed.reject(new Deno.errors.BadResource("closed")),
  } as unknown as Deno.TcpListener;
}

interface FakeConn extends Deno.TcpConn {
  isClosed: boolean;
}

/** A connection that neither sends nor takes anything. */
function idleConn(read: () => Promise<number | null> = () => new Promise(() => {})): FakeConn {
  const conn = {
    isClosed: false,
    setNoDelay() {},
    read,
    write: (bytes: Uint8Array) => Promise.resolve(bytes.byteLength),
    closeWrite: () => Promise.resolve(),
    close: () => void (conn.isClosed = true),
  };
  return conn as unknown as FakeConn;
}

// --- Many connections ---

Deno.test("MuxForwarder serves hundreds of connections at a time", async () => {
  const count = 300;
  const size = 2_500;
  await using test = await mux({
    onStream: (stream) => {
      stream.onData = (bytes) => {
        stream.write(bytes.slice());
        if (stream.receivedBytes === size) stream.end();
      };
    },
  });
  const programs = await Promise.all(Array.from({ length: count }, () => test.connect()));
  await test.log.when(() => test.log.count("opened") === count);
  assert.equal(test.forwarder.openConnections, count);
  const answers = await Promise.all(programs.map(async (program, i) => {
    await writeAll(program, pattern(size, i));
    return await readAll(program);
  }));
  answers.forEach((answer, i) => assert.deepEqual(answer, pattern(size, i)));
  for (const program of programs) program.close();
  await test.log.when(() => test.log.count("closed") === count);
  assert.equal(test.forwarder.openConnections, 0);
  assert.equal(test.agent.streams.size, 0);
  assert.deepEqual([test.log.up, test.log.down], [count * size, count * size]);
  const numbers = test.log.connections.map(({ connection }) => connection);
  assert.deepEqual(new Set(numbers), new Set(Array.from({ length: count }, (_, i) => i + 1)));
});

Deno.test("MuxForwarder refuses connections beyond what the multiplexer takes", async () => {
  const conns = Array.from({ length: 1_026 }, () => idleConn());
  await using test = await mux({ onStream: () => {} }, listenerOf([...conns]));
  await test.log.when(() => test.log.count("opened") + test.log.count("refused") === conns.length);
  assert.deepEqual(test.log.connections.filter(({ status }) => status === "refused"), [
    { connection: 1_025, status: "refused", reason: "1024 streams are already open" },
    { connection: 1_026, status: "refused", reason: "1024 streams are already open" },
  ]);
  assert.deepEqual(conns.map(({ isClosed }) => isClosed).indexOf(true), 1_024);
  assert.equal(test.forwarder.openConnections, 1_024);
});

// --- Flow ---

Deno.test("MuxForwarder lets a quick connection pass one that does not read", async () => {
  const bulk = pattern(5_000_000);
  let isFirst = true;
  await using test = await mux({
    onStream: (stream) => {
      if (isFirst) {
        isFirst = false;
        stream.write(bulk);
        return stream.end();
      }
      stream.onData = (bytes) => stream.write(bytes.slice());
    },
  });
  const slow = await test.connect();
  await test.log.when(() => test.log.count("opened") === 1);
  const quick = await test.connect();
  for (let round = 0; round < 20; round++) {
    await writeAll(quick, pattern(1_000, round));
    assert.deepEqual(await readExactly(quick, 1_000), pattern(1_000, round));
  }
  assert.deepEqual(await readAll(slow), bulk);
});

Deno.test("MuxForwarder stops reading when nothing is acknowledged, and goes on after", async () => {
  const received: Uint8Array[] = [];
  await using test = await mux({
    onStream: (stream) => {
      stream.onData = (bytes) => received.push(bytes.slice());
    },
  });
  const { agent, clock, log } = test;
  agent.acknowledges = false;
  const before = agent.taken.length;
  const sent = pattern(6_000_000);
  const program = await test.connect();
  const writing = writeAll(program, sent);
  // The window starts at 64 messages; one read of at most 64 KiB waits behind it.
  await agent.when(() => agent.taken.length - before === 64);
  await turns(20);
  assert.ok(log.up <= 2 * 64 * 1024, `${log.up} bytes were read`);
  assert.equal(agent.taken.length - before, 64);
  agent.acknowledges = true;
  clock.advance(300);
  await writing;
  await log.when(() => log.up === sent.byteLength);
  await agent.when(() =>
    received.reduce((sum, part) => sum + part.byteLength, 0) === sent.byteLength
  );
  assert.deepEqual(concat(received), sent);
});

Deno.test("MuxForwarder cuts messages of 1,024 bytes at most", async () => {
  await using test = await mux();
  const program = await test.connect();
  await writeAll(program, pattern(100_000));
  await readExactly(program, 100_000);
  const sizes = test.agent.taken.filter(({ payloadType }) => payloadType === PAYLOAD_TYPE.output)
    .map(({ payload }) => payload.byteLength);
  assert.equal(Math.max(...sizes), 1_024);
});

Deno.test("MuxForwarder keeps connections and bytes over a reconnect", async () => {
  await using test = await mux();
  const { agent, channel, network } = test;
  const program = await test.connect();
  await writeAll(program, utf8("before"));
  assert.deepEqual(await readExactly(program, 6), utf8("before"));
  network.current.lose();
  await writeAll(program, utf8(" meanwhile"));
  agent.taken.length = 0;
  await channel.connect(GRANT, live());
  assert.deepEqual(await readExactly(program, 10), utf8(" meanwhile"));
});

// --- Ends ---

Deno.test("MuxForwarder delivers the target's last bytes before its end", async () => {
  await using test = await mux({
    onStream: (stream) => {
      stream.write(utf8("HTTP/1.0 200 OK\r\n\r\nbye"));
      stream.end();
    },
  });
  const program = await test.connect();
  assert.deepEqual(await readAll(program), utf8("HTTP/1.0 200 OK\r\n\r\nbye"));
  program.close();
  await test.log.when(() => test.log.count("closed") === 1);
});

Deno.test("MuxForwarder.stop() resets what is open and serves nothing more", async () => {
  await using test = await mux({ onStream: () => {} });
  const programs = [await test.connect(), await test.connect()];
  await test.log.when(() => test.log.count("opened") === 2);
  test.forwarder.stop("the session ended");
  for (const program of programs) await readAll(program).catch(() => {});
  const late = await test.connect();
  await readAll(late).catch(() => {});
  assert.deepEqual(test.log.connections.slice(2), [
    { connection: 1, status: "reset", reason: "the session ended" },
    { connection: 2, status: "reset", reason: "the session ended" },
  ]);
});

Deno.test("MuxForwarder tells once that the peer broke the multiplexer", async () => {
  await using test = await mux();
  test.agent.send(PAYLOAD_TYPE.output, Uint8Array.of(9, 0, 0, 0, 1, 0, 0, 0));
  await test.log.when(() => test.log.broken.length > 0);
  assert.match(test.log.broken[0]!, /version 9/);
});

Deno.test("MuxForwarder outlives a failed accept", async () => {
  const conn = idleConn();
  const failures = [new Deno.errors.ConnectionAborted("x"), new Error("too many open files")];
  await using test = await mux({ onStream: () => {} }, listenerOf([...failures, conn]));
  for (const _ of failures) {
    await test.clock.scheduled(100);
    test.clock.advance(100);
  }
  await test.log.when(() => test.log.count("opened") === 1);
});

// --- Refusals ---

Deno.test("MuxForwarder goes on after payloads that mean nothing to it", async () => {
  await using test = await mux({
    onStream(stream) {
      stream.onData = (bytes) => stream.write(bytes);
    },
  });
  const program = await test.connect();
  await test.log.when(() => test.log.count("opened") === 1);
  // A flag cut short, one that does not exist, and a payload type of no port session.
  test.agent.send(PAYLOAD_TYPE.flag, new Uint8Array([3]));
  test.agent.sendFlag(99);
  test.agent.send(PAYLOAD_TYPE.exitCode, utf8("1"));
  await writeAll(program, utf8("echo"));
  assert.deepEqual(await readExactly(program, 4), utf8("echo"));
  assert.deepEqual(test.log.broken, []);
  assert.deepEqual(test.log.of(1), ["opened"]);
});

Deno.test("MuxForwarder tells each refused connection once, and no other", async () => {
  const waiting: SmuxStream[] = [];
  await using test = await mux({ onStream: (stream) => void waiting.push(stream) });
  const { agent, log } = test;
  // One after the other, so that the numbers are known.
  const programs: Deno.TcpConn[] = [];
  for (let i = 0; i < 4; i++) {
    programs.push(await test.connect());
    await log.when(() => log.count("opened") === i + 1);
  }
  await agent.when(() => waiting.length === 4);
  const [one, two, three, four] = waiting as [SmuxStream, SmuxStream, SmuxStream, SmuxStream];
  // A stream that carried something ends behind the flag: it was not refused.
  one.write(utf8("served"));
  agent.sendFlag(3);
  one.end();
  three.end();
  assert.deepEqual(await readAll(programs[0]!), utf8("served"));
  assert.deepEqual(await readAll(programs[2]!).catch(() => utf8("")), utf8(""));
  await log.when(() => log.count("refused") === 1);
  // No flag is left: this end is an ordinary one.
  two.end();
  assert.deepEqual(await readAll(programs[1]!), utf8(""));
  agent.refuse(four);
  await readAll(programs[3]!).catch(() => {});
  await log.when(() => log.count("refused") === 2);
  for (const program of programs) program.close();
  await log.when(() => log.count("closed") === 2);
  assert.deepEqual([1, 2, 3, 4].map((n) => log.of(n)), [
    ["opened", "closed"],
    ["opened", "closed"],
    ["opened", "refused"],
    ["opened", "refused"],
  ]);
  assert.deepEqual(
    log.connections.filter(({ status }) => status === "refused"),
    [3, 4].map((connection) => ({ connection, status: "refused", reason: REFUSAL_TEXT })),
  );
  // And the session goes on.
  const next = await test.connect();
  await agent.when(() => waiting.length === 5);
  waiting[4]!.write(utf8("fine"));
  assert.deepEqual(await readExactly(next, 4), utf8("fine"));
});

Deno.test("MuxForwarder does not keep a refusal for a connection that comes later", async () => {
  const reset = () => Promise.reject(new Deno.errors.ConnectionReset("x"));
  const streams: SmuxStream[] = [];
  // The first program resets at once, before the agent has tried to connect.
  const conns = [idleConn(reset), idleConn()];
  await using test = await mux(
    { onStream: (stream) => void streams.push(stream) },
    listenerOf([...conns]),
  );
  const { agent, clock, log } = test;
  await agent.when(() => streams.length === 2);
  agent.refuse(streams[0]!);
  await agent.when(() => agent.unacknowledged === 0);
  // The other target takes its time and ends without a word.
  clock.advance(60_000);
  streams[1]!.end();
  await clock.scheduled(2_000);
  clock.advance(2_000);
  await log.when(() => log.of(2).length === 2);
  assert.deepEqual(log.of(1), ["opened", "reset"]);
  assert.deepEqual(log.of(2), ["opened", "closed"]);
});

// --- Keep-alive, for old agents ---

const NOP = Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 0);

Deno.test("MuxForwarder sends smux NOPs to agents that need them, and to no other", async () => {
  for (const needsKeepAlive of [true, false]) {
    await using test = await mux({}, undefined, needsKeepAlive);
    const before = test.agent.taken.length;
    for (let second = 0; second < 25; second++) {
      test.clock.advance(1_000);
      test.agent.send(PAYLOAD_TYPE.output, NOP);
      await turns(1);
    }
    const nops = test.agent.taken.slice(before).map(({ payload }) => payload);
    assert.deepEqual(nops, needsKeepAlive ? [NOP, NOP] : []);
    assert.deepEqual(test.log.broken, []);
  }
});

Deno.test("MuxForwarder gives an agent up that needs NOPs and sends none", async () => {
  await using test = await mux({}, undefined, true);
  test.clock.advance(29_999);
  assert.deepEqual(test.log.broken, []);
  test.clock.advance(1);
  assert.deepEqual(test.log.broken, ["the agent fell silent"]);
});

Deno.test("MuxForwarder does not blame the agent for a lost connection", async () => {
  await using test = await mux({}, undefined, true);
  const { agent, channel, clock, log, network } = test;
  network.current.lose();
  const before = agent.taken.length;
  clock.advance(10 * 60_000);
  assert.deepEqual(log.broken, []);
  await channel.connect(GRANT, live());
  clock.advance(29_000);
  assert.deepEqual(log.broken, []);
  await turns(1);
  // What was due while nobody could hear it does not come in one heap.
  assert.ok(agent.taken.length - before <= 4, `${agent.taken.length - before} NOPs`);
  clock.advance(31_000);
  assert.deepEqual(log.broken, ["the agent fell silent"]);
});
