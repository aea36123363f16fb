/** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and `AWS_CA_BUNDLE`, for API calls and the data channel. */

import assert from "node:assert/strict";
import { AUTHORITY_PEM, SERVER_KEY_PEM, SERVER_PEM } from "../unit/aws/_certificates.ts";
import { KEYS } from "../unit/aws/_support.ts";
import { runAwsChild } from "./_aws_run.ts";
import { FakeProxy } from "./_proxy.ts";

const GRANT = { SessionId: "s", StreamUrl: "wss://example/x", TokenValue: "t" };

/** SSM and gateway in one, with the certificate for `localhost`. */
class TlsService implements AsyncDisposable {
  /** `authorization` of every request. */
  readonly signatures: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      cert: SERVER_PEM,
      key: SERVER_KEY_PEM,
      onListen: () => {},
    }, async (request) => {
      this.signatures.push(request.headers.get("authorization") ?? "none");
      if (request.headers.get("upgrade") !== "websocket") {
        await request.text();
        return Response.json(GRANT);
      }
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => socket.send(new URL(request.url).search);
      return response;
    });
  }

  get host(): string {
    return `localhost:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function withBundle(use: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ca.pem`, AUTHORITY_PEM);
    await use({ ...KEYS, HOME: folder, AWS_CA_BUNDLE: `${folder}/ca.pem` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a call goes through HTTP_PROXY, to a host that only the proxy can reach", async () => {
  await using proxy = new FakeProxy(JSON.stringify(GRANT));
  const env = { ...KEYS, AWS_ENDPOINT_URL: "http://ssm.test.invalid", HTTP_PROXY: proxy.url };
  const { result } = await runAwsChild(["start"], { env });
  assert.equal(result?.sessionId, "s");
  assert.deepEqual(proxy.requests, ["POST http://ssm.test.invalid/ HTTP/1.1"]);
});

Deno.test("NO_PROXY keeps a host from the proxy", async () => {
  await using proxy = new FakeProxy(JSON.stringify(GRANT));
  const env = {
    ...KEYS,
    AWS_ENDPOINT_URL: "http://ssm.test.invalid",
    HTTP_PROXY: proxy.url,
    NO_PROXY: "test.invalid",
  };
  const { error } = await runAwsChild(["start"], { env });
  assert.match(error?.message ?? "", /no such host: ssm\.test\.invalid$/);
  assert.deepEqual(proxy.requests, []);
});

Deno.test("AWS_CA_BUNDLE is needed for an authority of one's own, and enough", async () => {
  await using service = new TlsService();
  await withBundle(async (bundled) => {
    const env = { ...bundled, AWS_ENDPOINT_URL: `https://${service.host}` };
    const refused = await runAwsChild(["start"], { env: { ...env, AWS_CA_BUNDLE: "" } });
    assert.equal(refused.error?.kind, "network");
    assert.match(refused.error.message, /no secure connection to https:\/\/localhost/);
    assert.match(refused.error.hint ?? "", /AWS_CA_BUNDLE/);
    const { result } = await runAwsChild(["start"], { env });
    assert.equal(result?.sessionId, "s");
  });
});

Deno.test("a call with AWS_CA_BUNDLE still goes through HTTPS_PROXY", async () => {
  await using service = new TlsService();
  await using proxy = new FakeProxy("");
  await withBundle(async (bundled) => {
    const env = {
      ...bundled,
      AWS_ENDPOINT_URL: `https://${service.host}`,
      HTTPS_PROXY: proxy.url,
    };
    const { result } = await runAwsChild(["start"], { env });
    assert.equal(result?.sessionId, "s");
    const tunnelled = [`CONNECT ${service.host} HTTP/1.1`];
    assert.deepEqual(proxy.requests, tunnelled);
    const direct = await runAwsChild(["start"], { env: { ...env, NO_PROXY: "localhost" } });
    assert.equal(direct.result?.sessionId, "s");
    assert.deepEqual(proxy.requests, tunnelled);
  });
});

Deno.test("the data channel is opened signed, by AWS_CA_BUNDLE and through HTTPS_PROXY", async () => {
  await using service = new TlsService();
  await using proxy = new FakeProxy("");
  await withBundle(async (bundled) => {
    const streamUrl = `wss://${service.host}/v1/data-channel/s?role=r&cell-number=A+B==`;
    const env = { ...bundled, HTTPS_PROXY: proxy.url, TEST_STREAM_URL: streamUrl };
    const { result, error } = await runAwsChild(["connect"], { env });
    assert.equal(error, undefined);
    assert.deepEqual(result, { data: "?role=r&cell-number=A+B==" }, "the query is sent as it is");
    assert.deepEqual(proxy.requests, [`CONNECT ${service.host} HTTP/1.1`]);
    assert.match(
      service.signatures[0] ?? "",
      /Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/us-east-1\/ssmmessages\/aws4_request/,
    );
  });
});
