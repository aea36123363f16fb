/**
 * The sandbox's agent with the multiplexer: smux bytes are written and read by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fromHex, toHex, utf8 } from "../support/hex.ts";
import { readSmuxFrames } from "../support/smux_bytes.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import {
  acknowledgedNumbers,
  closingText,
  eventually,
  flag,
  openPortClient,
  PAYLOAD,
  type PortClientOptions,
  readBytes,
  readText,
  Target,
} from "../support/port_client.ts";

const SYN_3 = fromHex("01 00 0000 03000000");
const FIN_3 = fromHex("01 01 0000 03000000");
const HELLO_3 = fromHex("01 02 0500 03000000 68656c6c6f");

interface Fixture {
  test: TestSandbox;
  client: ScriptedClient;
  target: Target;
  /** Sends smux bytes in one message. */
  send(...frames: Uint8Array[]): Promise<void>;
  /** Frames of the agent, read from all its output so far. */
  frames(): { command: number; id: number; data: Uint8Array }[];
  /** Resolves when the agent's frames look like that. */
  until(what: string, fits: (frames: ReturnType<Fixture["frames"]>) => boolean): Promise<void>;
}

function test(
  name: string,
  fn: (fixture: Fixture) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] & { client?: PortClientOptions } = {},
): void {
  const { client: clientOptions = {}, ...sandboxOptions } = options;
  Deno.test(`sandbox agent, mux: ${name}`, async () => {
    await using test = await openSandbox(sandboxOptions);
    using target = new Target();
    const { client } = await openPortClient(test, {
      parameters: { portNumber: [String(target.port)] },
      ...clientOptions,
    });
    await using _client = client;
    const frames = () => readSmuxFrames(client.output);
    await fn({
      test,
      client,
      target,
      send: (...frames) =>
        client.sendData(PAYLOAD.output, new Uint8Array(frames.flatMap((frame) => [...frame]))),
      frames,
      async until(what, fits) {
        while (!fits(frames())) {
          await client.until(
            what,
            (heard) => heard.kind === "message" && heard.message.payloadType === PAYLOAD.output,
          );
        }
      },
    });
  });
}

const psh = (id: number, data: Uint8Array): Uint8Array =>
  new Uint8Array([1, 2, data.length & 255, data.length >> 8, id, 0, 0, 0, ...data]);
const syn = (id: number): Uint8Array => Uint8Array.of(1, 0, 0, 0, id, 0, 0, 0);
const fin = (id: number): Uint8Array => Uint8Array.of(1, 1, 0, 0, id, 0, 0, 0);
const hasFin = (id: number) => (frames: ReturnType<Fixture["frames"]>) =>
  frames.some((frame) => frame.command === 1 && frame.id === id);

test("SYN connects before any data, and bytes go both ways", async (fixture) => {
  const { test, client, target, send, until } = fixture;
  await send(SYN_3);
  const conn = await target.accept();
  await send(HELLO_3);
  assert.equal(await readText(conn, 5), "hello");
  await conn.write(utf8("world"));
  await until("PSH", (frames) => frames.length > 0);
  assert.equal(toHex(client.output), "0102050003000000776f726c64");
  assert.equal(test.session().mode, "mux");
  assert.equal(test.session().targetConnections, 1);
});

test("frames may be cut anywhere", async ({ client, target }) => {
  const bytes = [...SYN_3, ...HELLO_3, ...HELLO_3];
  for (const byte of bytes) await client.sendData(PAYLOAD.output, Uint8Array.of(byte));
  assert.equal(await readText(await target.accept(), 10), "hellohello");
});

test("the client's FIN: what is buffered is written, then both directions close", async (fixture) => {
  const { target, send, until, frames, test } = fixture;
  await send(SYN_3, HELLO_3, FIN_3);
  const conn = await target.accept();
  assert.equal(await readText(conn, 5), "hello");
  assert.equal(await conn.read(new Uint8Array(1)), null);
  await until("FIN", hasFin(3));
  assert.equal(frames().length, 1);
  assert.equal(test.session().targetConnections, 0);
});

test("the target's end: FIN right behind the last data, later data is discarded", async (fixture) => {
  const { target, send, until, frames, client, test } = fixture;
  await send(SYN_3);
  const conn = await target.accept();
  await conn.write(utf8("bye"));
  conn.close();
  await until("FIN", hasFin(3));
  assert.equal(toHex(client.output), "01020300030000006279650101000003000000");
  await send(HELLO_3);
  await client.settled();
  assert.equal(frames().length, 2);
  assert.equal(test.session().status, "Connected");
});

test("a large answer is cut at 1,024 bytes, in frames of up to 32,768", async (fixture) => {
  const { target, send, until, frames, client } = fixture;
  const data = new Uint8Array(100_000).map((_, i) => i * 7);
  await send(SYN_3);
  const conn = await target.accept();
  for (let at = 0; at < data.byteLength;) at += await conn.write(data.subarray(at));
  conn.close();
  await until("FIN", hasFin(3));
  const received = frames().flatMap(({ command, data }) => command === 2 ? [...data] : []);
  assert.deepEqual(received, [...data]);
  const sizes = client.heard.flatMap((heard) =>
    heard.kind === "message" && heard.message.payloadType === PAYLOAD.output
      ? [heard.message.payload.byteLength]
      : []
  );
  assert.ok(sizes.every((size) => size <= 1024));
  assert.ok(frames().some((frame) => frame.data.byteLength > 1024));
});

test("a refused port: the flag without a stream id, then FIN; the session stays", async (fixture) => {
  const { test, client, target, send } = fixture;
  target.stopListening();
  await send(SYN_3);
  const refusal = await client.data(PAYLOAD.flag);
  assert.equal(toHex(refusal.payload), "00000003");
  const finMessage = await client.data(PAYLOAD.output);
  assert.equal(toHex(finMessage.payload), toHex(FIN_3));
  assert.ok(finMessage.sequenceNumber > refusal.sequenceNumber);
  assert.equal(test.session().status, "Connected");
});

test("connections are made one at a time, in order", async ({ test, target, send }) => {
  test.sandbox.faults.apply({ fault: "slow_dial", ms: 80, count: 1 });
  const startMs = performance.now();
  await send(syn(3), psh(3, utf8("a")), syn(5), psh(5, utf8("b")));
  const first = await target.accept();
  // The second had no delay of its own; it waited behind the first.
  assert.ok(performance.now() - startMs >= 79);
  assert.equal(await readText(first, 1), "a");
  assert.equal(await readText(await target.accept(), 1), "b");
});

test("streams are kept apart", async ({ target, send, until, frames }) => {
  await send(syn(3), syn(5));
  const [a, b] = [await target.accept(), await target.accept()];
  await send(psh(5, utf8("five")), psh(3, utf8("three")));
  assert.equal(await readText(a, 5), "three");
  assert.equal(await readText(b, 4), "five");
  await a.write(utf8("3"));
  await b.write(utf8("5"));
  await until("both answers", (frames) => frames.length === 2);
  const answers = frames().map(({ id, data }) => `${id} ${new TextDecoder().decode(data)}`).sort();
  assert.deepEqual(answers, ["3 3", "5 5"]);
});

test("unknown streams and repeated SYNs are ignored", async ({ client, target, send }) => {
  await send(psh(9, utf8("nobody")), fin(9), SYN_3, SYN_3, HELLO_3);
  assert.equal(await readText(await target.accept(), 5), "hello");
  await client.settled();
});

test("a wrong smux version ends the session as failed", async ({ test, client, send }) => {
  await send(fromHex("02 00 0000 03000000"));
  assert.match(await closingText(client), /smux version 2/);
  assert.equal(test.session().status, "Failed");
});

test("a slow target: the agent takes nothing until it reads, and loses nothing", async (fixture) => {
  const { test, client, target, send } = fixture;
  await send(SYN_3);
  const conn = await target.accept();
  const chunk = psh(3, new Uint8Array(32_000));
  const count = 2_000;
  const sending = (async () => {
    for (let i = 0; i < count; i++) await send(chunk);
  })();
  await eventually("the agent to be blocked", () => test.session().isBlocked);
  assert.ok(test.session().counters.bytesFromClient < count * chunk.byteLength);
  await readBytes(conn, count * 32_000);
  await sending;
  // The handshake's response, the SYN and every chunk, each once: nothing had to be repeated.
  await client.settled();
  assert.equal(acknowledgedNumbers(client.heard).length, count + 2);
  assert.equal(test.session().isBlocked, false);
  assert.equal(test.session().counters.notReady, 0);
});

test("an echo of more than all buffers does not lock up", async ({ client, target, send }) => {
  await send(SYN_3);
  const conn = await target.accept();
  const chunk = psh(3, new Uint8Array(32_000));
  const count = 600;
  const sending = (async () => {
    for (let i = 0; i < count; i++) await send(chunk);
  })();
  // As a plain echo: what was read is written before more is read.
  const echoing = (async () => {
    const buffer = new Uint8Array(64 * 1024);
    for (let total = 0; total < count * 32_000;) {
      const read = await conn.read(buffer);
      assert.ok(read !== null);
      total += read;
      for (let at = 0; at < read;) at += await conn.write(buffer.subarray(at, read));
    }
  })();
  await Promise.all([sending, echoing]);
  const received = () =>
    client.heard.reduce(
      (sum, heard) =>
        sum + (heard.kind === "message" && heard.message.payloadType === PAYLOAD.output
          ? heard.message.payload.byteLength
          : 0),
      0,
    );
  await eventually("the echo", () => received() > count * 32_000);
});

test("reading stops while publication is paused", async (fixture) => {
  const { test, client, target, send, until } = fixture;
  await send(SYN_3);
  const conn = await target.accept();
  await client.settled();
  test.sandbox.faults.apply({ fault: "pause_publication", to: "agent" });
  await conn.write(utf8("late"));
  assert.deepEqual(await client.settled(), []);
  test.sandbox.faults.apply({ fault: "start_publication", to: "agent" });
  await until("the data", (frames) => frames.length === 1);
});

test("DisconnectToPort means nothing here", async ({ client, target, send }) => {
  await send(SYN_3);
  const conn = await target.accept();
  await client.sendData(PAYLOAD.flag, flag(1));
  await send(HELLO_3);
  assert.equal(await readText(conn, 5), "hello");
});

const SHORT_KEEP_ALIVE = { keepAliveIntervalMs: 20, keepAliveTimeoutMs: 150 };

test("an old client gets NOPs, and silence ends its session", async ({ client, until }) => {
  await until("NOP", (frames) => frames.some(({ command, id }) => command === 3 && id === 0));
  assert.match(await closingText(client), /nothing was heard/);
}, { timing: SHORT_KEEP_ALIVE, client: { handshakeVersion: "1.2.331.0" } });

test("a new client gets none", async ({ client, send, target, frames }) => {
  // Several intervals pass while a connection is slow.
  await send(SYN_3);
  const conn = await target.accept();
  await conn.write(utf8("x"));
  await client.data(PAYLOAD.output);
  assert.ok(frames().every(({ command }) => command !== 3));
}, { timing: { keepAliveIntervalMs: 1, keepAliveTimeoutMs: 1 } });

test("an agent up to 3.1.1511.0 keeps alive whatever the client", async ({ until }) => {
  await until("NOP", (frames) => frames.some(({ command }) => command === 3));
}, {
  scenario: "no-remote-host",
  timing: { keepAliveIntervalMs: 5 },
  client: { target: "i-0a5b0c0000000000e" },
});

const REMOTE = "AWS-StartPortForwardingSessionToRemoteHost";

for (const host of ["db.internal", "10.0.1.11", "ip-10-0-1-11.ec2.internal", "127.0.0.1"]) {
  Deno.test(`sandbox agent, mux: the remote host ${host} is reached`, async () => {
    await using test = await openSandbox();
    using target = new Target();
    const { client } = await openPortClient(test, {
      document: REMOTE,
      parameters: { host: [host], portNumber: [String(target.port)] },
    });
    await using _client = client;
    await client.sendData(PAYLOAD.output, new Uint8Array([...SYN_3, ...HELLO_3]));
    assert.equal(await readText(await target.accept(), 5), "hello");
  });
}

Deno.test("sandbox agent, mux: a host that does not resolve fails each connection", async () => {
  await using test = await openSandbox();
  const { client } = await openPortClient(test, {
    document: REMOTE,
    parameters: { host: ["nowhere.example"] },
  });
  await using _client = client;
  await client.sendData(PAYLOAD.output, SYN_3);
  assert.equal(toHex((await client.data(PAYLOAD.flag)).payload), "00000003");
  assert.equal(test.session().status, "Connected");
});

Deno.test("sandbox agent, mux: a forbidden host fails the session", async () => {
  await using test = await openSandbox();
  const { client } = await openPortClient(test, {
    document: REMOTE,
    parameters: { host: ["169.254.169.254"] },
  });
  await using _client = client;
  assert.equal(
    await closingText(client),
    "Forwarding to IP address 169.254.169.254 is forbidden.",
  );
});

Deno.test("sandbox agent, mux: an agent that knows no remote host dials its own", async () => {
  await using test = await openSandbox();
  using target = new Target();
  // The service has a new agent on record, the one that answers is old.
  test.sandbox.faults.apply({ fault: "agent_version", version: "3.1.1080.0" });
  const { client } = await openPortClient(test, {
    document: REMOTE,
    parameters: { host: ["nowhere.example"], portNumber: [String(target.port)] },
  });
  await using _client = client;
  await client.sendData(PAYLOAD.output, new Uint8Array([...SYN_3, ...HELLO_3]));
  assert.equal(await readText(await target.accept(), 5), "hello");
  assert.equal(test.session().agentVersion, "3.1.1080.0");
});

Deno.test("sandbox agent, mux: a paced agent sends one message a millisecond", async () => {
  await using test = await openSandbox({ agentPacing: true });
  const { client } = await openPortClient(test, {
    parameters: { portNumber: [String(test.instance("healthy").services.http)] },
  });
  await using _client = client;
  const request = utf8("GET /bytes?n=50000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const startMs = performance.now();
  await client.sendData(PAYLOAD.output, new Uint8Array([...SYN_3, ...psh(3, request)]));
  const frames = () => readSmuxFrames(client.output);
  while (!hasFin(3)(frames())) await client.data(PAYLOAD.output);
  const messages = Math.floor(client.output.byteLength / 1024);
  assert.ok(messages >= 49);
  assert.ok(performance.now() - startMs >= messages, "faster than 1 ms a message");
});
