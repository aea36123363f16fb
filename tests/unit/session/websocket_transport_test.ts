import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { webSocketTransport } from "../../../src/session/mod.ts";
import {
  hasProxy,
  type WebSocketTransportOptions,
} from "../../../src/session/websocket_transport.ts";
import { translateTransportError } from "../../../src/session/transport_error.ts";
import { LocalServer, TransportLog } from "../../support/local_server.ts";
import { serverFrame, WebSocketPeer } from "../../support/websocket_peer.ts";

const CLOSE = 8;
const TLS = new URL("../../testdata/tls/", import.meta.url);
const utf8 = (text: string) => new TextEncoder().encode(text);
const SIGNATURE = { authorization: "AWS4-HMAC-SHA256 x" };

/** A listener with the certificate of localhost and 127.0.0.1. */
function tlsListener(): Deno.TlsListener {
  return Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(new URL("server.pem", TLS)),
    key: Deno.readTextFileSync(new URL("server.key", TLS)),
  });
}

async function open(url: string, options: Partial<WebSocketTransportOptions> = {}) {
  const log = new TransportLog();
  const openTransport = webSocketTransport({
    signUpgrade: () => Promise.resolve({}),
    env: () => undefined,
    ...options,
  });
  const transport = await openTransport(url, log, new AbortController().signal);
  return { transport, log };
}

async function failure(url: string, options?: Partial<WebSocketTransportOptions>) {
  try {
    await open(url, options);
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  assert.fail("it was opened");
}

/** Answers the upgrades with these statuses in turn, then with 101; collects the signatures. */
function answering(statuses: number[], signatures: (string | undefined)[] = []) {
  return async (peer: WebSocketPeer) => {
    const request = await peer.readRequest();
    signatures.push(request.headers.get("authorization"));
    const status = statuses.shift();
    if (status === undefined) {
      await peer.accept(request);
      for (let frame; (frame = await peer.readFrame()) !== undefined;) {
        await peer.write(serverFrame(frame.opcode, frame.payload));
        if (frame.opcode === CLOSE) return;
      }
    } else {
      await peer.write(utf8(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
    }
  };
}

// --- The signature ---

Deno.test("webSocketTransport() opens a signed upgrade", async () => {
  const signatures: (string | undefined)[] = [];
  await using server = new LocalServer(answering([], signatures));
  const asked: string[] = [];
  const { transport, log } = await open(`ws://${server.host}/x?a=b+c`, {
    signUpgrade: (url) => {
      asked.push(url);
      return Promise.resolve(SIGNATURE);
    },
  });
  transport.close();
  await log.closed();
  assert.deepEqual(signatures, [SIGNATURE.authorization]);
  assert.deepEqual(asked, [`ws://${server.host}/x?a=b+c`]);
});

Deno.test("webSocketTransport() tries once without a signature that was refused", async () => {
  for (const status of [400, 401, 403]) {
    const signatures: (string | undefined)[] = [];
    const lines: string[] = [];
    await using server = new LocalServer(answering([status], signatures));
    const { transport, log } = await open(`ws://${server.host}/`, {
      signUpgrade: () => Promise.resolve(SIGNATURE),
      trace: (line) => lines.push(line),
    });
    transport.close();
    await log.closed();
    assert.deepEqual(signatures, [SIGNATURE.authorization, undefined]);
    assert.deepEqual(lines, [
      `signed upgrade refused (status ${status}): trying without a signature`,
    ]);
  }
});

Deno.test("webSocketTransport() gives up when both upgrades are refused", async () => {
  const signatures: (string | undefined)[] = [];
  await using server = new LocalServer(answering([403, 403, 403], signatures));
  const error = await failure(`ws://${server.host}/`, {
    signUpgrade: () => Promise.resolve(SIGNATURE),
  });
  assert.equal(error.kind, "auth");
  assert.deepEqual(signatures, [SIGNATURE.authorization, undefined]);
});

Deno.test("webSocketTransport() does not try again what a signature cannot mend", async () => {
  const cases: [statuses: number[], headers: Record<string, string>, attempts: number][] = [
    [[403, 403], {}, 1],
    [[500, 500], SIGNATURE, 1],
    [[503, 503], SIGNATURE, 1],
    [[404, 404], SIGNATURE, 1],
  ];
  for (const [statuses, headers, attempts] of cases) {
    const signatures: (string | undefined)[] = [];
    await using server = new LocalServer(answering([...statuses], signatures));
    await failure(`ws://${server.host}/`, { signUpgrade: () => Promise.resolve(headers) });
    assert.equal(signatures.length, attempts, `status ${statuses[0]}`);
  }
});

Deno.test("webSocketTransport() trusts the certificates it is given", async () => {
  await using server = new LocalServer(answering([]), tlsListener());
  const caCerts = () => Promise.resolve([Deno.readTextFileSync(new URL("ca.pem", TLS))]);
  const { transport, log } = await open(`wss://localhost:${server.port}/`, { caCerts });
  transport.send(utf8("private"));
  assert.deepEqual(await log.message(), utf8("private"));
  transport.close();
  await log.closed();
  const refused = await failure(`wss://localhost:${server.port}/`);
  assert.equal(refused.kind, "network");
  assert.equal(
    refused.message,
    `Cannot open the data channel to localhost:${server.port}: TLS failed`,
  );
  assert.match(refused.why!, /UnknownIssuer/);
  assert.match(refused.hint!, /AWS_CA_BUNDLE/);
});

// --- Failures ---

Deno.test("webSocketTransport() tells statuses of the gateway by their kind", async () => {
  const kinds: [status: number, kind: string][] = [[401, "auth"], [403, "auth"], [500, "network"]];
  for (const [status, kind] of kinds) {
    await using server = new LocalServer(answering([status, status]));
    const error = await failure(`ws://${server.host}/`);
    assert.equal(error.kind, kind);
    assert.match(
      error.message,
      new RegExp(`^Cannot open the data channel to 127.0.0.1:\\d+: .* ${status}$`),
    );
    assert.ok(error.hint);
  }
});

Deno.test("webSocketTransport() tells a port where nothing listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const error = await failure(`ws://127.0.0.1:${port}/`);
  assert.equal(error.kind, "network");
  assert.equal(
    error.message,
    `Cannot open the data channel to 127.0.0.1:${port}: nothing answered there`,
  );
  assert.match(error.why!, /refused/i);
});

Deno.test("webSocketTransport() tells a name that does not resolve", async () => {
  const error = await failure("wss://gateway.invalid/");
  assert.equal(error.kind, "network");
  assert.equal(
    error.message,
    "Cannot open the data channel to gateway.invalid: the name does not resolve",
  );
  assert.match(error.hint!, /region.*DNS/);
});

Deno.test("webSocketTransport() tells a gateway that closes without an answer", async () => {
  await using server = new LocalServer(async (peer) => void await peer.readRequest());
  const error = await failure(`ws://${server.host}/`);
  assert.equal(error.kind, "network");
  assert.match(error.message, /: the connection was closed before an answer$/);
});

Deno.test("webSocketTransport() does not take a TLS connection cut short for a certificate", async () => {
  await using server = new LocalServer(
    async (peer) => void await peer.readRequest(),
    tlsListener(),
  );
  const caCerts = () => Promise.resolve([Deno.readTextFileSync(new URL("ca.pem", TLS))]);
  const error = await failure(`wss://localhost:${server.port}/`, { caCerts });
  assert.match(error.message, /: the connection was closed before an answer$/);
});

Deno.test("webSocketTransport() tells an address that is none", async () => {
  for (
    const url of ["", "gateway.example/x", "https://gateway.example/x", "wss://", "ws://h/a b"]
  ) {
    const error = await failure(url);
    assert.equal(error.kind, "protocol", url);
    assert.match(error.message, /^Cannot open the data channel: /);
  }
});

Deno.test("webSocketTransport() passes the reason of an abort on, whatever it is", async () => {
  for (const reason of [new Error("stop"), new AppError("bug", "closed"), "text"]) {
    const controller = new AbortController();
    await using server = new LocalServer(async (peer) => {
      await peer.readRequest();
      controller.abort(reason);
      await peer.readFrame();
    });
    const openTransport = webSocketTransport({
      signUpgrade: () => Promise.resolve({}),
      env: () => undefined,
    });
    const opening = openTransport(`ws://${server.host}/`, new TransportLog(), controller.signal);
    await assert.rejects(opening, (error) => error === reason);
  }
});

Deno.test("translateTransportError() tells the texts of Deno and the systems apart", () => {
  const url = "wss://ssmmessages.us-east-1.amazonaws.com/v1/x?cell=secret";
  const native = "NetworkError: failed to connect to WebSocket: ";
  const texts: [text: string, found: string][] = [
    ["failed to lookup address information: Name or service not known", "name does not resolve"],
    ["failed to lookup address information: Temporary failure in name resolution", "name does not"],
    ["No such host is known. (os error 11001)", "name does not resolve"],
    [`${native}dns error`, "name does not resolve"],
    ["Connection refused (os error 111)", "nothing answered there"],
    ["No route to host (os error 113); Network is unreachable", "nothing answered there"],
    ["Connection timed out (os error 110)", "nothing answered there"],
    [`${native}tcp connect error`, "nothing answered there"],
    ["invalid peer certificate: UnknownIssuer", "TLS failed"],
    [`${native}invalid peer certificate: Expired`, "TLS failed"],
    ["received corrupt message of type InvalidContentType", "TLS failed"],
    [`${native}unsuccessful tunnel`, "the proxy refused the connection"],
    [`${native}proxy authorization required`, "the proxy refused the connection"],
    ["peer closed connection without sending TLS close_notify", "the connection was broken off"],
    ["Connection reset by peer (os error 104)", "the connection was broken off"],
    [`${native}connection closed before message completed`, "the connection was broken off"],
    [`${native}something new`, "something new"],
    ["", "no reason given"],
  ];
  for (const [text, found] of texts) {
    const error = translateTransportError(new Error(text), url);
    assert.ok(error instanceof AppError);
    assert.equal(error.kind, "network");
    const start = "Cannot open the data channel to ssmmessages.us-east-1.amazonaws.com: ";
    assert.ok(error.message.startsWith(start) && error.message.includes(found), error.message);
    assert.ok(!`${error.message} ${error.why} ${error.hint}`.includes("secret"));
  }
});

Deno.test("translateTransportError() tells a permission that the executable lacks", () => {
  const denied = new Deno.errors.NotCapable('Requires net access to "h:443"');
  const error = translateTransportError(denied, "wss://h/");
  assert.ok(error instanceof AppError);
  assert.equal(error.kind, "network");
  assert.match(
    error.message,
    /^Cannot open the data channel to h: this executable may not connect/,
  );
});

// --- Proxies ---

Deno.test("hasProxy() looks at the variables for the address's scheme", () => {
  const cases: [url: string, env: Record<string, string>, isProxied: boolean][] = [
    ["wss://h/", {}, false],
    ["wss://h/", { HTTPS_PROXY: "http://p" }, true],
    ["wss://h/", { https_proxy: "http://p" }, true],
    ["wss://h/", { HTTP_PROXY: "http://p", http_proxy: "http://p" }, false],
    ["ws://h/", { HTTP_PROXY: "http://p" }, true],
    ["ws://h/", { http_proxy: "http://p" }, true],
    ["ws://h/", { HTTPS_PROXY: "http://p", https_proxy: "http://p" }, false],
    ["wss://h/", { ALL_PROXY: "http://p" }, true],
    ["ws://h/", { all_proxy: "http://p" }, true],
    ["wss://h/", { HTTPS_PROXY: "", ALL_PROXY: "" }, false],
    ["wss://h/", { NO_PROXY: "*" }, false],
    ["WSS://h/", { HTTPS_PROXY: "http://p" }, true],
  ];
  for (const [url, env, isProxied] of cases) {
    assert.equal(hasProxy(url, (name) => env[name]), isProxied, `${url} ${JSON.stringify(env)}`);
  }
});

/** A proxy that knows CONNECT alone, and asks `target` where each tunnel leads. */
function connectProxy(target: (authority: string) => number | undefined, asked: string[]) {
  return async (peer: WebSocketPeer) => {
    const request = await peer.readRequest();
    asked.push(request.target);
    const port = target(request.target);
    if (port === undefined) return await peer.write(utf8("HTTP/1.1 403 Forbidden\r\n\r\n"));
    const upstream = await Deno.connect({ hostname: "127.0.0.1", port });
    await peer.write(utf8("HTTP/1.1 200 Connection established\r\n\r\n"));
    await Promise.allSettled([
      peer.conn.readable.pipeTo(upstream.writable),
      upstream.readable.pipeTo(peer.conn.writable),
    ]);
  };
}

async function openInChild(url: string, env: Record<string, string>) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      new URL("../../support/proxy_client.ts", import.meta.url).pathname,
      url,
      new URL("ca.pem", TLS).pathname,
    ],
    env: { ...withoutProxies(), NO_COLOR: "1", ...env },
    clearEnv: true,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function withoutProxies(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !/_proxy$/i.test(name)),
  );
}

Deno.test("webSocketTransport() goes through a proxy that the environment names", async () => {
  await using server = new LocalServer(answering([403]), tlsListener());
  const asked: string[] = [];
  await using proxy = new LocalServer(
    connectProxy(
      (authority) => authority.startsWith("localhost:") ? server.port : undefined,
      asked,
    ),
  );
  const HTTPS_PROXY = `http://${proxy.host}`;
  const result = await openInChild(`wss://localhost:${server.port}/x?a=b+c`, { HTTPS_PROXY });
  assert.equal(result.echoed, "through the proxy");
  assert.equal(result.close.code, 1000);
  assert.deepEqual(result.lines, [
    "signed upgrade refused (no status told): trying without a signature",
  ]);
  assert.deepEqual(new Set(asked), new Set([`localhost:${server.port}`]));

  const refused = await openInChild("wss://elsewhere.example/", { HTTPS_PROXY });
  assert.equal(refused.kind, "network");
  assert.equal(
    refused.message,
    "Cannot open the data channel to elsewhere.example: the proxy refused the connection",
  );
  assert.match(refused.hint, /HTTPS_PROXY/);

  await using refusing = new LocalServer(answering([403, 403, 403, 403]), tlsListener());
  await using tunnel = new LocalServer(connectProxy(() => refusing.port, []));
  const hidden = await openInChild(`wss://localhost:${refusing.port}/`, {
    HTTPS_PROXY: `http://${tunnel.host}`,
  });
  assert.equal(hidden.kind, "network");
  assert.match(hidden.message, /: the gateway or a proxy refused$/);
  assert.match(hidden.why, /ssmmessages:OpenDataChannel/);
});

Deno.test("webSocketTransport() keeps to NO_PROXY", async () => {
  await using server = new LocalServer(answering([]));
  const asked: string[] = [];
  await using proxy = new LocalServer(connectProxy(() => undefined, asked));
  const result = await openInChild(`ws://${server.host}/`, {
    HTTP_PROXY: `http://${proxy.host}`,
    NO_PROXY: "127.0.0.1",
  });
  assert.equal(result.echoed, "through the proxy");
  assert.deepEqual(asked, []);
});
