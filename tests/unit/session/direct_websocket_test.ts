import assert from "node:assert/strict";
import type { Transport } from "../../../src/session/contracts.ts";
import {
  type DirectWebSocketOptions,
  openDirectWebSocket,
} from "../../../src/session/direct_websocket.ts";
import { UpgradeRefused } from "../../../src/session/upgrade.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { LocalServer, TransportLog } from "../../support/local_server.ts";
import {
  acceptingHead,
  type PeerFrame,
  serverFrame,
  type UpgradeRequest,
  type WebSocketPeer,
} from "../../support/websocket_peer.ts";

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const utf8 = (text: string) => new TextEncoder().encode(text);

interface Opened {
  transport: Transport;
  log: TransportLog;
  clock: FakeClock;
}

async function open(url: string, options: Partial<DirectWebSocketOptions> = {}): Promise<Opened> {
  const log = new TransportLog();
  const clock = new FakeClock();
  const transport = await openDirectWebSocket(url, {
    headers: {},
    caCerts: [],
    events: log,
    clock,
    signal: new AbortController().signal,
    ...options,
  });
  return { transport, log, clock };
}

/** Closes and waits: nothing may be left, neither socket nor timer. */
async function end({ transport, log, clock }: Opened): Promise<void> {
  transport.close();
  await log.closed();
  assert.equal(log.closes.length, 1);
  assert.deepEqual(clock.delays, []);
}

/** Upgrades and hands over. */
function accepting(script: (peer: WebSocketPeer, request: UpgradeRequest) => Promise<void>) {
  return async (peer: WebSocketPeer) => {
    const request = await peer.readRequest();
    await peer.accept(request);
    await script(peer, request);
  };
}

/** Reads until the client is gone. */
async function drain(peer: WebSocketPeer): Promise<void> {
  while (await peer.readFrame() !== undefined);
}

/** Runs `step` with a `Deno.connect` that gives `connect`'s answer. */
async function withConnect(
  connect: (options: Deno.ConnectOptions) => Promise<Deno.TcpConn>,
  step: () => Promise<void>,
): Promise<void> {
  const original = Deno.connect;
  Deno.connect = connect as typeof Deno.connect;
  try {
    await step();
  } finally {
    Deno.connect = original;
  }
}

// --- The upgrade ---

Deno.test("openDirectWebSocket() sends path and query verbatim, and the headers", async () => {
  const requests: UpgradeRequest[] = [];
  await using server = new LocalServer(accepting(async (peer, request) => {
    requests.push(request);
    await drain(peer);
  }));
  const target = "/v1/data-channel/u-1?role=publish_subscribe&cell-number=AA+/8%2B==&x=a'b|c";
  const opened = await open(`ws://${server.host}${target}`, {
    headers: { authorization: "AWS4-HMAC-SHA256 x", "x-amz-date": "20240101T000000Z", host: "no" },
  });
  const [request] = requests;
  assert.equal(request!.target, target);
  assert.equal(request!.headers.get("host"), server.host);
  assert.equal(request!.headers.get("authorization"), "AWS4-HMAC-SHA256 x");
  assert.equal(request!.headers.get("x-amz-date"), "20240101T000000Z");
  assert.equal(request!.headers.get("connection"), "Upgrade");
  assert.equal(request!.headers.get("upgrade"), "websocket");
  assert.equal(request!.headers.get("sec-websocket-version"), "13");
  assert.equal(atob(request!.headers.get("sec-websocket-key")!).length, 16);
  assert.equal(request!.headers.get("sec-websocket-protocol"), undefined);
  assert.equal(request!.headers.get("sec-websocket-extensions"), undefined);
  await end(opened);
});

Deno.test("openDirectWebSocket() finds the target in every form of address", async () => {
  const targets: string[] = [];
  await using server = new LocalServer(accepting(async (peer, { target }) => {
    targets.push(target);
    await drain(peer);
  }));
  const addresses: [address: string, target: string][] = [
    [`ws://${server.host}`, "/"],
    [`ws://${server.host}?cell=a+b`, "/?cell=a+b"],
    [`WS://LOCALHOST:${server.port}/Path`, "/Path"],
    [`ws://${server.host}/a/../b`, "/a/../b"],
    [`ws://${server.host}/path?q=1#fragment`, "/path?q=1"],
  ];
  for (const [address] of addresses) await end(await open(address));
  assert.deepEqual(targets, addresses.map(([, target]) => target));
});

Deno.test("upgrade() writes the target of an address that names the default port", async () => {
  // Port 80 is not a test's to listen on: the request is read from the connection instead.
  const { upgrade } = await import("../../../src/session/upgrade.ts");
  let written = "";
  const conn = {
    write: (bytes: Uint8Array) => {
      written += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.byteLength);
    },
    read: () => Promise.resolve(null),
  } as unknown as Deno.Conn;
  await assert.rejects(upgrade(conn, "wss://gateway.example:443/v1/x?y=1", {}));
  assert.match(written, /^GET \/v1\/x\?y=1 HTTP\/1\.1\r\nHost: gateway\.example\r\n/);
});

async function refusal(answer: (request: UpgradeRequest) => string): Promise<unknown> {
  await using server = new LocalServer(async (peer) => {
    await peer.write(utf8(answer(await peer.readRequest())));
  });
  return await open(`ws://${server.host}/`).then(
    () => assert.fail("it was opened"),
    (error) => error,
  );
}

Deno.test("openDirectWebSocket() tells the status of a refusal", async () => {
  for (const status of [200, 301, 400, 403, 500, 503]) {
    const error = await refusal(() => `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    assert.ok(error instanceof UpgradeRefused, String(error));
    assert.equal(error.status, status);
  }
});

Deno.test("openDirectWebSocket() refuses answers that are not an upgrade", async () => {
  const upgrading = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
  const answers: [what: string, answer: string, message: RegExp][] = [
    [
      "another server's accept",
      `${upgrading}Sec-WebSocket-Accept: AAAA\r\n\r\n`,
      /Accept is wrong/,
    ],
    ["no accept", `${upgrading}\r\n`, /Accept is wrong/],
    ["HTTP/2 garbage", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /not HTTP\/1\.1/],
    ["an SSH greeting", "SSH-2.0-OpenSSH_9.6\r\n\r\n", /not HTTP\/1\.1/],
    ["nothing", "", /closed before an answer/],
    ["half a head", "HTTP/1.1 101 Switching", /closed before an answer/],
    ["a head without end", "HTTP/1.1 101 S\r\n" + "X: y\r\n".repeat(4_000), /head is too long/],
  ];
  for (const [what, answer, message] of answers) {
    const error = await refusal(() => answer);
    assert.ok(error instanceof Error && message.test(error.message), `${what}: ${error}`);
  }
});

Deno.test("openDirectWebSocket() switches TCP_NODELAY on", async () => {
  await using server = new LocalServer(accepting(drain));
  const settings: (boolean | undefined)[] = [];
  const original = Deno.connect;
  await withConnect(async (options) => {
    const conn = await original(options);
    const setNoDelay = conn.setNoDelay.bind(conn);
    conn.setNoDelay = (value) => {
      settings.push(value);
      setNoDelay(value);
    };
    return conn;
  }, async () => await end(await open(`ws://${server.host}/`)));
  assert.deepEqual(settings, [true]);
});

// --- Messages ---

Deno.test("DirectWebSocket exchanges messages of every size with Deno's server", async () => {
  const closed = Promise.withResolvers<CloseEvent>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    socket.onclose = (event) => closed.resolve(event);
    return response;
  });
  try {
    const { transport, log, clock } = await open(`ws://127.0.0.1:${server.addr.port}/`);
    const sizes = [1, 125, 126, 1_175, 65_535, 65_536, 300_000];
    const messages = sizes.map((size) => new Uint8Array(size).map((_, i) => i * 7 + size));
    transport.sendText("héllo");
    for (const message of messages) transport.send(message);
    await log.when(() => log.messages.length === sizes.length + 1);
    assert.deepEqual(log.messages, [utf8("héllo"), ...messages]);
    assert.equal(transport.bufferedBytes, 0);
    await end({ transport, log, clock });
    assert.deepEqual(log.closes, [{ code: 1000, reason: "" }]);
    assert.equal((await closed.promise).code, 1000);
  } finally {
    await server.shutdown();
  }
});

Deno.test("DirectWebSocket masks every frame anew and keeps the order of a large burst", async () => {
  const count = 20_000;
  const masks = new Set<string>();
  const received = Promise.withResolvers<number[]>();
  await using server = new LocalServer(async (peer) => {
    await peer.accept(await peer.readRequest());
    const numbers: number[] = [];
    while (numbers.length < count) {
      const frame = (await peer.readFrame())!;
      assert.ok(frame.isMasked && frame.isFinal && frame.opcode === BINARY);
      masks.add(frame.mask.toString());
      numbers.push(new DataView(frame.payload.buffer).getUint32(0));
    }
    received.resolve(numbers);
    await drain(peer);
  });
  const opened = await open(`ws://${server.host}/`);
  for (let i = 0; i < count; i++) {
    const message = new Uint8Array(4);
    new DataView(message.buffer).setUint32(0, i);
    opened.transport.send(message);
  }
  assert.deepEqual(await received.promise, Array.from({ length: count }, (_, i) => i));
  // Of 20,000 random 32-bit masks some 0.05 are equal.
  assert.ok(masks.size > count - 10, `${masks.size} masks`);
  await end(opened);
});

Deno.test("DirectWebSocket reads frames that came in one segment with the answer's head", async () => {
  await using server = new LocalServer(async (peer) => {
    const glued = [serverFrame(BINARY, utf8("first")), serverFrame(TEXT, utf8("second"))];
    await peer.accept(await peer.readRequest(), Uint8Array.from(glued.flatMap((f) => [...f])));
    await drain(peer);
  });
  const opened = await open(`ws://${server.host}/`);
  await opened.log.message(1);
  assert.deepEqual(opened.log.messages, [utf8("first"), utf8("second")]);
  await end(opened);
});

Deno.test("DirectWebSocket joins fragments and answers a ping between them", async () => {
  const pongs: Uint8Array[] = [];
  await using server = new LocalServer(accepting(async (peer) => {
    await peer.write(serverFrame(BINARY, utf8("one "), { isFinal: false }));
    await peer.write(serverFrame(PING, utf8("are you there")));
    const pong = (await peer.readFrame())!;
    assert.ok(pong.opcode === PONG && pong.isMasked);
    pongs.push(pong.payload);
    await peer.write(serverFrame(0, utf8("two")));
    await drain(peer);
  }));
  const opened = await open(`ws://${server.host}/`);
  assert.deepEqual(await opened.log.message(), utf8("one two"));
  assert.deepEqual(pongs, [utf8("are you there")]);
  await end(opened);
});

// --- Closing ---

Deno.test("DirectWebSocket passes the server's close on and confirms it", async () => {
  const confirmed = Promise.withResolvers<PeerFrame>();
  await using server = new LocalServer(accepting(async (peer) => {
    await peer.write(serverFrame(CLOSE, Uint8Array.from([0x03, 0xe8, ...utf8("Bye")])));
    confirmed.resolve((await peer.readFrame())!);
  }));
  const { transport, log, clock } = await open(`ws://${server.host}/`);
  assert.deepEqual(await log.closed(), { code: 1000, reason: "Bye" });
  const { opcode, payload } = await confirmed.promise;
  assert.deepEqual([opcode, payload], [CLOSE, Uint8Array.from([0x03, 0xe8])]);
  transport.send(utf8("too late"));
  transport.sendText("too late");
  transport.close();
  assert.equal(log.closes.length, 1);
  assert.deepEqual(clock.delays, []);
});

Deno.test("DirectWebSocket tells a cut as 1006", async () => {
  await using server = new LocalServer(accepting((peer) => Promise.resolve(peer.cut())));
  const { transport, log, clock } = await open(`ws://${server.host}/`);
  assert.equal((await log.closed()).code, 1006);
  transport.send(utf8("too late"));
  transport.close();
  assert.equal(log.closes.length, 1);
  assert.deepEqual(clock.delays, []);
});

Deno.test("DirectWebSocket tells garbage as 1002 and says what it was", async () => {
  await using server = new LocalServer(accepting(async (peer) => {
    await peer.write(serverFrame(BINARY, utf8("fine")));
    await peer.write(utf8("HTTP/1.1 500 surprise\r\n\r\n"));
    await drain(peer);
  }));
  const { log, clock } = await open(`ws://${server.host}/`);
  const close = await log.closed();
  assert.equal(close.code, 1002);
  assert.match(close.reason, /reserved bit|opcode|masked/);
  assert.deepEqual(log.messages, [utf8("fine")]);
  assert.deepEqual(clock.delays, []);
});

Deno.test("DirectWebSocket delivers nothing after it has ended", async () => {
  await using server = new LocalServer(accepting(async (peer) => {
    const close = serverFrame(CLOSE, Uint8Array.from([0x03, 0xe8]));
    const late = serverFrame(BINARY, utf8("late"));
    await peer.write(Uint8Array.from([...close, ...late]));
    await drain(peer);
  }));
  const { log } = await open(`ws://${server.host}/`);
  await log.closed();
  assert.deepEqual(log.messages, []);
});

Deno.test("close() sends what is queued before it", async () => {
  const frames: number[] = [];
  const done = Promise.withResolvers<void>();
  await using server = new LocalServer(accepting(async (peer) => {
    for (let frame; (frame = await peer.readFrame()) !== undefined;) frames.push(frame.opcode);
    done.resolve();
  }));
  const opened = await open(`ws://${server.host}/`);
  for (let i = 0; i < 50; i++) opened.transport.send(new Uint8Array(5_000));
  await end(opened);
  await done.promise;
  assert.deepEqual(frames, [...Array(50).fill(BINARY), CLOSE]);
});

Deno.test("close() waits one second for a server that does not read", async () => {
  const release = Promise.withResolvers<void>();
  await using server = new LocalServer(accepting(() => release.promise));
  const { transport, log, clock } = await open(`ws://${server.host}/`);
  // More than the system takes for a connection that nobody reads.
  for (let i = 0; i < 40; i++) transport.send(new Uint8Array(1024 * 1024));
  transport.close();
  clock.advance(999);
  assert.deepEqual(log.closes, []);
  clock.advance(1);
  assert.deepEqual(log.closes, [{ code: 1000, reason: "" }]);
  assert.deepEqual(clock.delays, []);
  release.resolve();
});

// --- Bounds ---

Deno.test("DirectWebSocket stops reading from a server that sends and does not read", async () => {
  // A connection that upgrades, then takes no byte and has pings without end.
  const ping = serverFrame(PING, new Uint8Array(14));
  const pings = new Uint8Array(64 * 1024);
  for (let at = 0; at < pings.byteLength; at += ping.byteLength) pings.set(ping, at);
  let answer: Uint8Array | undefined;
  let readBytes = 0;
  let isClosed = false;
  const conn = {
    setNoDelay: () => {},
    read(buffer: Uint8Array): Promise<number | null> {
      const bytes = answer ?? pings;
      answer = undefined;
      buffer.set(bytes);
      readBytes += bytes.byteLength;
      return Promise.resolve(isClosed ? null : bytes.byteLength);
    },
    write(bytes: Uint8Array): Promise<number> {
      const key = /Sec-WebSocket-Key: (\S+)/.exec(new TextDecoder().decode(bytes))?.[1];
      if (key === undefined) return new Promise(() => {});
      answer = utf8(acceptingHead(key));
      return Promise.resolve(bytes.byteLength);
    },
    close: () => isClosed = true,
  } as unknown as Deno.TcpConn;
  await withConnect(() => Promise.resolve(conn), async () => {
    const { transport, log, clock } = await open("ws://gateway.example/");
    for (let turn = 0; turn < 2_000; turn++) await undefined;
    const before = readBytes;
    for (let turn = 0; turn < 2_000; turn++) await undefined;
    assert.equal(readBytes, before);
    assert.ok(transport.bufferedBytes < 8 * 1024 * 1024, `${transport.bufferedBytes} bytes wait`);
    transport.close();
    clock.advance(1_000);
    assert.deepEqual(log.closes, [{ code: 1000, reason: "" }]);
    assert.ok(isClosed);
  });
});

// --- Aborting ---

Deno.test("openDirectWebSocket() with an aborted signal connects nowhere", async () => {
  await using server = new LocalServer(accepting(drain));
  const reason = new Error("stop");
  await assert.rejects(
    open(`ws://${server.host}/`, { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  assert.equal(server.connections, 0);
});

Deno.test("openDirectWebSocket() is aborted while the server does not answer", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  await using server = new LocalServer(async (peer) => {
    await peer.readRequest();
    controller.abort(reason);
    await drain(peer);
  });
  const opening = open(`ws://${server.host}/`, { signal: controller.signal });
  await assert.rejects(opening, (error) => error === reason);
});

Deno.test("openDirectWebSocket() is aborted while it connects", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  // An address behind a firewall: nothing comes back until the system gives up, after minutes.
  const connect = ({ signal }: Deno.ConnectOptions) =>
    new Promise<Deno.TcpConn>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      controller.abort(reason);
    });
  await withConnect(connect, async () => {
    const opening = open("ws://gateway.example/", { signal: controller.signal });
    await assert.rejects(opening, (error) => error === reason);
  });
});

Deno.test("openDirectWebSocket() is aborted while the server hangs in the TLS handshake", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  await using server = new LocalServer(async (peer) => {
    await peer.conn.read(new Uint8Array(1));
    controller.abort(reason);
    await peer.conn.read(new Uint8Array(64 * 1024));
    await peer.conn.read(new Uint8Array(1));
  });
  const opening = open(`wss://localhost:${server.port}/`, { signal: controller.signal });
  await assert.rejects(opening, (error) => error === reason);
});

// --- TLS ---

const TLS = new URL("../../testdata/tls/", import.meta.url);

function tlsListener(): Deno.TlsListener {
  return Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(new URL("server.pem", TLS)),
    key: Deno.readTextFileSync(new URL("server.key", TLS)),
  });
}

Deno.test("openDirectWebSocket() trusts an authority that it is given", async () => {
  await using server = new LocalServer(
    accepting(async (peer) => {
      for (let frame; (frame = await peer.readFrame()) !== undefined;) {
        if (frame.opcode === BINARY) await peer.write(serverFrame(BINARY, frame.payload));
      }
    }),
    tlsListener(),
  );
  const caCerts = [Deno.readTextFileSync(new URL("ca.pem", TLS))];
  for (const host of ["localhost", "127.0.0.1"]) {
    const opened = await open(`wss://${host}:${server.port}/?a=b+c`, { caCerts });
    const message = new Uint8Array(200_000).map((_, i) => i);
    opened.transport.send(message);
    assert.deepEqual(await opened.log.message(), message);
    await end(opened);
  }
});

Deno.test("openDirectWebSocket() refuses an authority that it does not know", async () => {
  await using server = new LocalServer(accepting(drain), tlsListener());
  await assert.rejects(open(`wss://localhost:${server.port}/`), /UnknownIssuer/);
});

Deno.test("openDirectWebSocket() refuses a certificate of another name", async () => {
  await using server = new LocalServer(accepting(drain), tlsListener());
  const caCerts = [Deno.readTextFileSync(new URL("ca.pem", TLS))];
  const original = Deno.connect;
  await withConnect((options) => original({ ...options, hostname: "127.0.0.1" }), async () => {
    const opening = open(`wss://gateway.example:${server.port}/`, { caCerts });
    await assert.rejects(opening, /NotValidForName|not valid for name/);
  });
});

// --- Pings ---

Deno.test("DirectWebSocket pings when asked to, and tells the answer", async () => {
  const pings: Uint8Array[] = [];
  await using server = new LocalServer(accepting(async (peer) => {
    for (let frame; (frame = await peer.readFrame()) !== undefined;) {
      if (frame.opcode !== PING) continue;
      pings.push(frame.payload);
      await peer.write(serverFrame(PONG, frame.payload));
    }
  }));
  const opened = await open(`ws://${server.host}/`);
  const { log, transport, clock } = opened;
  assert.deepEqual(clock.delays, [], "nothing is asked by itself");
  for (let round = 1; round <= 3; round++) {
    transport.ping!();
    await log.when(() => log.pongs === round);
  }
  assert.deepEqual(pings, Array(3).fill(utf8("keepalive")));
  assert.deepEqual(log.closes, []);
  await end(opened);
});

Deno.test("DirectWebSocket that is held reads nothing until it is released", async () => {
  const message = new Uint8Array(64 * 1024);
  const count = 1_000;
  const sent = Promise.withResolvers<void>();
  await using server = new LocalServer(accepting(async (peer) => {
    // Far more than the sockets in between can hold.
    for (let i = 0; i < count; i++) await peer.write(serverFrame(BINARY, message));
    sent.resolve();
    await drain(peer);
  }));
  const opened = await open(`ws://${server.host}/`);
  const { transport, log } = opened;
  await log.message(0);
  transport.hold!(true);
  // Turns enough to read it all.
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(log.closes, []);
  assert.ok(log.messages.length < 100, `${log.messages.length} messages came`);
  transport.hold!(false);
  await sent.promise;
  await log.message(count - 1);
  await end(opened);
});
