import assert from "node:assert/strict";
import {
  type NativeWebSocketOptions,
  openNativeWebSocket,
} from "../../../src/session/native_websocket.ts";
import { UpgradeRefused } from "../../../src/session/upgrade.ts";
import { LocalServer, TransportLog } from "../../support/local_server.ts";
import {
  serverFrame,
  type UpgradeRequest,
  type WebSocketPeer,
} from "../../support/websocket_peer.ts";

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const utf8 = (text: string) => new TextEncoder().encode(text);

async function open(url: string, options: Partial<NativeWebSocketOptions> = {}) {
  const log = new TransportLog();
  const transport = await openNativeWebSocket(url, {
    headers: {},
    client: undefined,
    events: log,
    signal: new AbortController().signal,
    ...options,
  });
  return { transport, log };
}

/** Returns every message, as the frame it came in, and confirms a close. */
async function echo(peer: WebSocketPeer): Promise<void> {
  for (let frame; (frame = await peer.readFrame()) !== undefined;) {
    await peer.write(serverFrame(frame.opcode, frame.payload));
    if (frame.opcode === CLOSE) return;
  }
}

Deno.test("openNativeWebSocket() sends headers and query verbatim and exchanges messages", async () => {
  const requests: UpgradeRequest[] = [];
  await using server = new LocalServer(async (peer) => {
    const request = await peer.readRequest();
    requests.push(request);
    await peer.accept(request);
    await echo(peer);
  });
  const target = "/v1/data-channel/u-1?role=publish_subscribe&cell-number=AA+/8==";
  const { transport, log } = await open(`ws://${server.host}${target}`, {
    headers: { authorization: "AWS4-HMAC-SHA256 x" },
  });
  assert.equal(requests[0]!.target, target);
  assert.equal(requests[0]!.headers.get("authorization"), "AWS4-HMAC-SHA256 x");
  const message = new Uint8Array(100_000).map((_, i) => i * 3);
  transport.sendText("{}");
  transport.send(message);
  assert.deepEqual(await log.message(1), message);
  assert.deepEqual(log.messages[0], utf8("{}"));
  transport.close();
  assert.equal((await log.closed()).code, 1000);
  transport.send(utf8("too late"));
  transport.sendText("too late");
  transport.close();
  assert.equal(log.closes.length, 1);
});

Deno.test("openNativeWebSocket() tells the status of a refusal", async () => {
  for (const status of [400, 403, 500]) {
    await using server = new LocalServer(async (peer) => {
      await peer.readRequest();
      await peer.write(utf8(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
    });
    await assert.rejects(
      open(`ws://${server.host}/`),
      (error) => error instanceof UpgradeRefused && error.status === status,
    );
  }
});

Deno.test("NativeWebSocket tells the server's close, and a cut as 1006", async () => {
  await using server = new LocalServer(async (peer) => {
    const request = await peer.readRequest();
    await peer.accept(request);
    if (request.target === "/cut") return peer.cut();
    await peer.write(serverFrame(CLOSE, Uint8Array.from([0x03, 0xe8, ...utf8("Bye")])));
    await peer.readFrame();
  });
  const bye = await open(`ws://${server.host}/bye`);
  assert.deepEqual(await bye.log.closed(), { code: 1000, reason: "Bye" });
  const cut = await open(`ws://${server.host}/cut`);
  assert.equal((await cut.log.closed()).code, 1006);
  assert.equal(cut.log.closes.length, 1);
});

Deno.test("NativeWebSocket takes text and binary alike", async () => {
  await using server = new LocalServer(async (peer) => {
    await peer.accept(await peer.readRequest());
    await peer.write(serverFrame(TEXT, utf8("text")));
    await peer.write(serverFrame(BINARY, utf8("binary")));
    await echo(peer);
  });
  const { transport, log } = await open(`ws://${server.host}/`);
  await log.message(1);
  assert.deepEqual(log.messages, [utf8("text"), utf8("binary")]);
  transport.close();
  await log.closed();
});

Deno.test("openNativeWebSocket() with an aborted signal connects nowhere", async () => {
  await using server = new LocalServer(async (peer) => void await peer.readRequest());
  const reason = new Error("stop");
  await assert.rejects(
    open(`ws://${server.host}/`, { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  assert.equal(server.connections, 0);
});

Deno.test("openNativeWebSocket() is aborted while the server does not answer", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  const hungUp = Promise.withResolvers<void>();
  await using server = new LocalServer(async (peer) => {
    await peer.readRequest();
    controller.abort(reason);
    await peer.readFrame();
    hungUp.resolve();
  });
  const log = new TransportLog();
  const opening = open(`ws://${server.host}/`, { signal: controller.signal, events: log });
  await assert.rejects(opening, (error) => error === reason);
  await hungUp.promise;
  assert.deepEqual(log.closes, []);
});
