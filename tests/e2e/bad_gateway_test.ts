/**
 * Gateways that send what no gateway sends: while a tunnel runs, and in place of a handshake.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { GARBAGE_KINDS } from "../../src/sandbox/faults/fault.ts";
import { garbage } from "../../src/sandbox/faults/garbage.ts";
import { LocalServer } from "../support/local_server.ts";
import { serverFrame, type WebSocketPeer } from "../support/websocket_peer.ts";
import { echo, jsonError, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

const TEXT = 1;
const BINARY = 2;
/** Long enough that a busy machine gets as far as the handshake; the cases share it. */
const TIMEOUT_S = 3;

Deno.test("a tunnel outlives garbage of every kind", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start([
    ...["connect", "web-1", "--remote-port", world.service("echo"), "--format", "json"],
  ]);
  const { local_port } = await child.event<ReadyEvent>("ready");
  for (const kind of GARBAGE_KINDS) {
    const struck = world.sandbox.faults.apply({ fault: "garbage", kind, times: 5 });
    assert.deepEqual(struck, { affected: 1 });
    assert.equal(await echo(local_port, kind), kind);
  }
  assert.equal(await child.interrupt(), 0);
  const { stdout, stderr } = await child.result();
  assert.equal(stderr, "");
  // Not by losing the connection and resuming it either.
  assert.doesNotMatch(stdout, /resuming/);
  assert.equal(world.sandbox.sessions()[0]!.connections, 1);
});

Deno.test("a tunnel loses no byte when messages arrive damaged", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start([
    ...["connect", "web-1", "--remote-port", world.service("echo"), "--format", "json"],
  ]);
  const { local_port } = await child.event<ReadyEvent>("ready");
  world.sandbox.faults.apply({ fault: "corrupt", probability: 0.2, count: 10 });
  const text = "0123456789abcdef".repeat(2_000);
  assert.equal(await echo(local_port, text), text);
  const [left] = world.sandbox.faults.list();
  assert.ok(left === undefined || left.strikes > 0, "nothing was damaged");
  assert.equal(await child.interrupt(), 0);
});

interface GatewayCase {
  name: string;
  /** Plays the gateway; the connection ends with it. */
  script(peer: WebSocketPeer): Promise<void>;
  /** All of standard error, one line each, without the address. */
  stderr: RegExp;
}

async function untilGone(peer: WebSocketPeer): Promise<void> {
  while (await peer.readFrame() !== undefined);
}

/** Accepts, and says `frames` in place of the agent's handshake. */
function saying(frames: Uint8Array): GatewayCase["script"] {
  return async (peer) => {
    await peer.accept(await peer.readRequest(), frames);
    await untilGone(peer);
  };
}

/** Answers the upgrade with `bytes`. */
function answering(bytes: Uint8Array): GatewayCase["script"] {
  return async (peer) => {
    await peer.readRequest();
    await peer.write(bytes);
    await untilGone(peer);
  };
}

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const noAnswer = (found: string) =>
  new RegExp(
    `^error: Handshake with the agent: no answer within ${TIMEOUT_S} s\n` +
      `  cause: What did arrive was not valid: ${found}\n  hint: .*aws\\.connection_timeout\n$`,
  );
const refusedUpgrade = (found: string) =>
  new RegExp(
    `^error: Cannot open the data channel to [\\d.:]+: ${found}\n  hint: Try again; .*\n$`,
  );
const brokenFrames = (found: string) =>
  new RegExp(
    `^error: Handshake with the agent: the data channel closed with code 1002 \\(${found}\\)\n` +
      "  cause: What came is no WebSocket traffic: .*\n  hint: Try again\n$",
  );

/** What the person is told of each kind, when nothing else arrives. */
const GARBAGE_FOUND: Readonly<Record<typeof GARBAGE_KINDS[number], string>> = {
  random_bytes: "HeaderLength \\d+ in a message of 200 bytes",
  short: "message of 40 bytes, wanted at least 120",
  truncated: "PayloadDigest does not match the payload",
  wrong_digest: "PayloadDigest does not match the payload",
  oversized_header_length: "HeaderLength 2147483647 in a message of \\d+ bytes",
  unknown_message_type: 'unknown message type "sandbox_nonsense"',
  empty: "message of 0 bytes, wanted at least 120",
};

const SILENT_CASES: readonly GatewayCase[] = [
  ...GARBAGE_KINDS.map((kind) => ({
    name: `only garbage: ${kind}`,
    script: saying(serverFrame(BINARY, garbage(kind, 1))),
    stderr: noAnswer(GARBAGE_FOUND[kind]),
  })),
  {
    name: "text in place of messages",
    script: saying(serverFrame(TEXT, latin1("hello"))),
    stderr: noAnswer("message of 5 bytes, wanted at least 120"),
  },
];

const FAILING_CASES: readonly GatewayCase[] = [
  {
    name: "closes at once",
    script: () => Promise.resolve(),
    stderr: refusedUpgrade("the connection was closed before an answer"),
  },
  {
    name: "speaks another protocol",
    script: answering(latin1("SSH-2.0-OpenSSH\r\n\r\n")),
    stderr: refusedUpgrade("the answer is not HTTP/1\\.1"),
  },
  {
    name: "answers without end",
    script: answering(new Uint8Array(1_000_000).fill(65)),
    stderr: refusedUpgrade("the answer's head is too long"),
  },
  {
    name: "answers with a page",
    script: answering(latin1("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")),
    stderr: refusedUpgrade("the gateway answered with status 200"),
  },
  {
    name: "reserved bits",
    script: saying(serverFrame(BINARY, new Uint8Array(10), { reserved: 7 })),
    stderr: brokenFrames("WebSocket: a reserved bit is set, no extension was agreed"),
  },
  {
    name: "a message without bounds",
    script: saying(Uint8Array.of(0x82, 127, 0, 0, 0x10, 0, 0, 0, 0, 0)),
    stderr: brokenFrames("WebSocket: message of more than \\d+ bytes"),
  },
  {
    name: "a frame cut short",
    script: async (peer) => {
      const frame = serverFrame(BINARY, new Uint8Array(1_000)).subarray(0, 100);
      await peer.accept(await peer.readRequest(), frame);
    },
    stderr: /^error: Handshake with the agent: the data channel closed with code 1006\n/,
  },
];

/** Sessions come from the sandbox, their data channels lead to the scripted gateway. */
async function checkCase(world: World, config: string, { name, ...gateway }: GatewayCase) {
  await using server = new LocalServer(gateway.script);
  const env = { AWS_ENDPOINT_URL_SSMMESSAGES: `ws://${server.host}` };
  const { code, stdout, stderr } = await world.run(["connect", "web-1", "-c", config], env);
  assert.equal(code, 3, `${name}: ${stderr}`);
  assert.match(stderr, gateway.stderr, name);
  assert.equal(stdout, "", name);
}

async function writeConfig(world: World): Promise<string> {
  const path = join(world.path, "deadline.json");
  await Deno.writeTextFile(path, JSON.stringify({ aws: { connection_timeout: TIMEOUT_S } }));
  return path;
}

Deno.test("a gateway that sends only garbage: exit 3 at the deadline of the configuration file", async () => {
  await using world = await World.open();
  const config = await writeConfig(world);
  // They only wait: all at a time cost no more than one.
  await Promise.all(SILENT_CASES.map((each) => checkCase(world, config, each)));
  assert.deepEqual(new Set(world.sessionStates), new Set(["Terminated"]));
});

Deno.test("a gateway that is none: exit 3, and what was found", async () => {
  await using world = await World.open();
  const config = await writeConfig(world);
  await Promise.all(FAILING_CASES.map((each) => checkCase(world, config, each)));
  assert.deepEqual(new Set(world.sessionStates), new Set(["Terminated"]));
});

Deno.test("an endpoint that is not AWS: exit 3, and what stands there", async () => {
  await using world = await World.open();
  const answers: [() => Response, found: RegExp][] = [
    [
      () => new Response("<html>", { headers: { "content-type": "text/html" } }),
      /a web page answered in place of AWS/,
    ],
    [() => new Response("down", { status: 503 }), /AWS failed \(HTTP 503\)/],
    [() => Response.json({}), /it has no SessionId/],
  ];
  for (const [answer, found] of answers) {
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
    const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` };
    const result = await world.run(["connect", "i-0123456789abcdef0", "--format", "json"], env);
    assert.equal(result.code, 3, result.stderr);
    const error = jsonError(result);
    assert.match(error.message, found);
    assert.equal(error.exit_code, 3);
    assert.ok(error.cause !== null && error.hint !== null, result.stderr);
  }
});
