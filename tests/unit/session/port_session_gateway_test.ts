/**
 * Whole sessions: the real WebSocket, a gateway on loopback, an agent behind it, local sockets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AppError } from "../../../src/errors/mod.ts";
import { FLAG, type SmuxStream } from "../../../src/protocol/mod.ts";
import {
  LocalListener,
  PortSession,
  type PortSessionOptions,
  webSocketTransport,
} from "../../../src/session/mod.ts";
import { closeQuietly, pattern, readAll, readExactly, writeAll } from "../../support/forwarding.ts";
import { BASIC_AGENT } from "../../support/scripted_agent.ts";
import { type GatewayScript, ScriptedGateway, SESSION_ID } from "../../support/scripted_gateway.ts";
import { EventLog, INSTANCE_ID } from "../../support/session_case.ts";

const MEGABYTE = 1_000_000;
const RECONNECT = { maxAttempts: 0, baseDelayMs: 1, maxDelayMs: 5 };
const utf8 = (text: string) => new TextEncoder().encode(text);
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Tunnel extends AsyncDisposable {
  gateway: ScriptedGateway;
  session: PortSession;
  events: EventLog;
  connect(): Promise<Deno.TcpConn>;
}

async function tunnel(
  script: GatewayScript = {},
  options: Partial<PortSessionOptions> = {},
): Promise<Tunnel> {
  const gateway = new ScriptedGateway(script);
  const events = new EventLog();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const programs: Deno.TcpConn[] = [];
  let session: PortSession;
  try {
    session = await PortSession.open({
      service: gateway.service,
      openTransport: webSocketTransport({
        signUpgrade: () => Promise.resolve({ "x-signed": "yes" }),
        env: () => undefined,
      }),
      target: { instanceId: INSTANCE_ID },
      local: new LocalListener({ bind: "127.0.0.1", localPort: 0, remotePort: 80 }, listener),
      connectTimeoutMs: 30_000,
      onEvent: events.onEvent,
      signal: new AbortController().signal,
      ...options,
    });
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
  return {
    gateway,
    session,
    events,
    async connect() {
      const conn = await Deno.connect({ port: session.ready.localPort });
      programs.push(conn);
      return conn;
    },
    async [Symbol.asyncDispose]() {
      for (const conn of programs) closeQuietly(conn);
      await session.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** A target that hashes what it gets, and answers with the hash when all of it came. */
function sink(totalBytes: number) {
  return (stream: SmuxStream) => {
    const hash = createHash("sha256");
    stream.onData = (bytes) => {
      hash.update(bytes);
      if (stream.receivedBytes < totalBytes) return;
      stream.write(utf8(hash.digest("hex")));
      stream.end();
    };
  };
}

// --- Traffic ---

Deno.test("PortSession echoes over a real WebSocket, and says goodbye", async () => {
  await using test = await tunnel();
  const program = await test.connect();
  await writeAll(program, utf8("hello"));
  assert.deepEqual(await readExactly(program, 5), utf8("hello"));
  const [upgrade] = test.gateway.upgrades;
  assert.equal(
    upgrade!.target,
    `/v1/data-channel/${SESSION_ID}?role=publish_subscribe&cell-number=AAEC+/8=`,
  );
  assert.equal(upgrade!.headers.get("x-signed"), "yes");
  const { bytesIn, bytesOut, openConnections, roundTripMs } = test.session.stats();
  assert.deepEqual([bytesIn, bytesOut, openConnections], [5, 5, 1]);
  assert.ok(roundTripMs !== undefined && roundTripMs >= 0);
  await test.session.close();
  const { agent } = test.gateway;
  await agent.when(() => agent.flags.length > 0);
  assert.deepEqual(agent.flags, [FLAG.terminateSession]);
  assert.deepEqual(test.gateway.calls, ["start", "terminate"]);
});

Deno.test("PortSession carries 5 MB each way at a time, unharmed", async () => {
  const up = pattern(5 * MEGABYTE, 1);
  const down = pattern(5 * MEGABYTE, 2);
  let isFirst = true;
  await using test = await tunnel({
    onStream(stream) {
      if (!isFirst) return sink(up.byteLength)(stream);
      isFirst = false;
      stream.write(down);
      stream.end();
    },
  });
  const downloading = await test.connect();
  await test.events.when(() => test.events.connections.length === 1);
  const uploading = await test.connect();
  const [received, answer] = await Promise.all([
    readAll(downloading),
    readAll(uploading),
    writeAll(uploading, up),
  ]);
  assert.equal(digest(received), digest(down));
  assert.equal(new TextDecoder().decode(answer), digest(up));
});

Deno.test("PortSession carries 2 MB through an agent that knows no multiplexer", async () => {
  await using test = await tunnel({ agentVersion: BASIC_AGENT });
  assert.equal(test.session.ready.mode, "basic");
  const sent = pattern(2 * MEGABYTE);
  const program = await test.connect();
  const [received] = await Promise.all([
    readExactly(program, sent.byteLength),
    writeAll(program, sent),
  ]);
  assert.equal(digest(received), digest(sent));
});

Deno.test("PortSession tells a refused remote port, and serves the next connection", async () => {
  let isFirst = true;
  await using test = await tunnel({
    onStream(stream, agent) {
      if (isFirst) agent.refuse(stream);
      else stream.onData = (bytes) => stream.write(bytes.slice());
      isFirst = false;
    },
  });
  const refused = await test.connect();
  await readAll(refused).catch(() => {});
  await test.events.when(() => test.events.connections.includes("refused"));
  const event = test.events.all.find((e) => e.type === "connection" && e.status === "refused");
  assert.equal(
    (event as { reason: string }).reason,
    "the agent could not connect to localhost:80: nothing listens there, or it cannot be reached " +
      "from the instance",
  );
  const next = await test.connect();
  await writeAll(next, utf8("fine"));
  assert.deepEqual(await readExactly(next, 4), utf8("fine"));
});

// --- Opening ---

Deno.test("PortSession opens when the gateway takes the second attempt", async () => {
  let attempts = 0;
  await using test = await tunnel({
    async answerUpgrade(peer, request) {
      if (++attempts > 1) {
        await peer.accept(request);
        return true;
      }
      await peer.write(utf8("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
      return false;
    },
  });
  assert.equal(attempts, 2);
  assert.equal(test.session.ready.sessionId, SESSION_ID);
});

Deno.test("PortSession tells gateways that say nothing useful", async () => {
  const answers: [what: string, bytes: string, kind: string, message: RegExp][] = [
    ["403", "HTTP/1.1 403 Forbidden\r\n\r\n", "auth", /refused with status 403/],
    ["500", "HTTP/1.1 500 Oops\r\n\r\n", "network", /answered with status 500/],
    ["garbage", "220 mail.example ESMTP\r\n\r\n", "network", /not HTTP\/1\.1/],
    ["nothing", "", "network", /closed before an answer/],
  ];
  for (const [what, bytes, kind, message] of answers) {
    const opening = tunnel({
      async answerUpgrade(peer) {
        await peer.write(utf8(bytes));
        return false;
      },
    });
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof AppError, what);
      assert.equal(error.kind, kind, what);
      assert.match(error.message, message);
      return true;
    });
  }
});

// --- Losing ---

Deno.test("PortSession loses and doubles no byte over cuts in the middle of both directions", async () => {
  const up = pattern(3 * MEGABYTE, 3);
  const down = pattern(3 * MEGABYTE, 4);
  let isFirst = true;
  await using test = await tunnel({
    onStream(stream) {
      if (!isFirst) return sink(up.byteLength)(stream);
      isFirst = false;
      stream.write(down);
      stream.end();
    },
  }, { reconnect: RECONNECT });
  const { gateway, events } = test;
  const { agent } = gateway;
  const downloading = await test.connect();
  await events.when(() => events.connections.length === 1);
  const uploading = await test.connect();
  const traffic = Promise.all([readAll(downloading), readAll(uploading), writeAll(uploading, up)]);
  for (let cut = 1; cut <= 3; cut++) {
    const taken = agent.taken.length;
    await agent.when(() => agent.taken.length > taken + 300);
    // First the acknowledgements get lost, then messages both ways, then the connection.
    agent.acknowledges = false;
    await agent.when(() => agent.taken.length > taken + 320);
    gateway.forwards = false;
    gateway.cut();
    agent.acknowledges = true;
    gateway.forwards = true;
    await events.entered("active", cut + 1);
  }
  const [received, answer] = await traffic;
  assert.equal(digest(received), digest(down));
  assert.equal(new TextDecoder().decode(answer), digest(up));
  assert.ok(agent.duplicates > 0, "nothing had to be sent again");
  assert.equal(test.session.stats().reconnects, 3);
  assert.equal(gateway.calls.filter((call) => call === "resume").length, 3);
  // One client to the service, however often it comes back.
  assert.equal(new Set(gateway.openRequests.map(({ ClientId }) => ClientId)).size, 1);
  assert.equal(new Set(gateway.openRequests.map(({ RequestId }) => RequestId)).size, 4);
});

Deno.test("PortSession gets over the service's hourly close with its connections open", async () => {
  await using test = await tunnel({}, { reconnect: RECONNECT });
  const program = await test.connect();
  await writeAll(program, utf8("before"));
  assert.deepEqual(await readExactly(program, 6), utf8("before"));
  await test.gateway.closeConnections(1000, "Bye");
  await test.events.entered("active", 2);
  await writeAll(program, utf8("after"));
  assert.deepEqual(await readExactly(program, 5), utf8("after"));
  assert.deepEqual(test.events.connections, ["opened"]);
});

Deno.test("PortSession resumes after failures of the service and of the gateway", async () => {
  let isDown = false;
  let refusals = 0;
  const gateway: GatewayScript = {
    async answerUpgrade(peer, request) {
      if (isDown && ++refusals <= 2) {
        await peer.write(utf8("HTTP/1.1 503 Busy\r\n\r\n"));
        return false;
      }
      await peer.accept(request);
      return true;
    },
  };
  await using test = await tunnel(gateway, { reconnect: RECONNECT });
  gateway.onResume = (attempt) => {
    if (attempt === 1) throw new AppError("network", "throttled");
    return test.gateway.grant();
  };
  const program = await test.connect();
  await writeAll(program, utf8("one"));
  await readExactly(program, 3);
  isDown = true;
  test.gateway.cut();
  await writeAll(program, utf8("two"));
  assert.deepEqual(await readExactly(program, 3), utf8("two"));
  const notices = test.events.messages("notice");
  assert.deepEqual(notices.map((text) => text.replace(/127.*: the/, "the")), [
    "Resume attempt 1 failed: throttled",
    "Resume attempt 2 failed: Cannot open the data channel to the gateway answered with status 503",
    "Resume attempt 3 failed: Cannot open the data channel to the gateway answered with status 503",
  ]);
});

Deno.test("PortSession ends when the other side closes the channel", async () => {
  await using test = await tunnel({ onStream: () => {} }, { reconnect: RECONNECT });
  const program = await test.connect();
  await test.events.when(() => test.events.connections.length === 1);
  test.gateway.agent.closeChannel("Session timed out");
  assert.deepEqual(await test.session.closed, { by: "remote", reason: "Session timed out" });
  await readAll(program).catch(() => {});
  assert.deepEqual(test.gateway.calls, ["start"]);
});
