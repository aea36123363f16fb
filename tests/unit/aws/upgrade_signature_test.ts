import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { signedUpgradeHeaders } from "../../../src/aws/upgrade_signature.ts";
import { awsFor, envOf, FakeService, KEYS } from "./_support.ts";
import { Aws } from "../../../src/aws/mod.ts";

const CREDENTIALS = {
  accessKeyId: KEYS.AWS_ACCESS_KEY_ID,
  secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
  sessionToken: "FwoGZXIvYXdzEXAMPLE/token+with=signs",
};
const DATE = new Date("2026-03-04T05:06:07Z");
const HOST = "ssmmessages.eu-west-1.amazonaws.com";

/** The signature worked out by the letter of AWS's description, from a canonical query given as text. */
function signatureOf(parts: {
  host: string;
  path: string;
  query: string;
  token?: string;
}): string {
  const hex = (text: string) => createHash("sha256").update(text).digest("hex");
  const mac = (key: string | Uint8Array, text: string) =>
    createHmac("sha256", key).update(text).digest();
  const headers = [
    `host:${parts.host}`,
    "x-amz-date:20260304T050607Z",
    ...(parts.token === undefined ? [] : [`x-amz-security-token:${parts.token}`]),
  ];
  const names = headers.map((header) => header.split(":")[0]).join(";");
  const canonical = ["GET", parts.path, parts.query, ...headers, "", names, hex("")].join("\n");
  const scope = "20260304/eu-west-1/ssmmessages/aws4_request";
  const toSign = ["AWS4-HMAC-SHA256", "20260304T050607Z", scope, hex(canonical)].join("\n");
  const key = ["20260304", "eu-west-1", "ssmmessages", "aws4_request"].reduce<string | Uint8Array>(
    (current, text) => mac(current, text),
    `AWS4${CREDENTIALS.secretAccessKey}`,
  );
  return `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/${scope}, ` +
    `SignedHeaders=${names}, Signature=${createHmac("sha256", key).update(toSign).digest("hex")}`;
}

const sign = (
  url: string,
  credentials: typeof CREDENTIALS | Omit<typeof CREDENTIALS, "sessionToken"> = CREDENTIALS,
) => signedUpgradeHeaders(url, { credentials, region: "eu-west-1", date: DATE });

Deno.test("the upgrade is signed as AWS describes it", async () => {
  const headers = await sign(`wss://${HOST}/v1/data-channel/me-0?role=publish_subscribe`);
  assert.deepEqual(headers, {
    "x-amz-date": "20260304T050607Z",
    "x-amz-security-token": CREDENTIALS.sessionToken,
    authorization: signatureOf({
      host: HOST,
      path: "/v1/data-channel/me-0",
      query: "role=publish_subscribe",
      token: CREDENTIALS.sessionToken,
    }),
  });
});

Deno.test("long-lived keys have no token to sign", async () => {
  const { sessionToken: _none, ...keys } = CREDENTIALS;
  const headers = await sign(`wss://${HOST}/v1/data-channel/me-0?role=x`, keys);
  assert.deepEqual(Object.keys(headers).sort(), ["authorization", "x-amz-date"]);
  assert.equal(
    headers.authorization,
    signatureOf({ host: HOST, path: "/v1/data-channel/me-0", query: "role=x" }),
  );
});

Deno.test("a raw + in the query is signed as a space, an escaped one as itself", async () => {
  const url = `wss://${HOST}/v1/data-channel/me-0?role=r&cell-number=A+B/%2BC==`;
  const headers = await sign(url);
  assert.equal(
    headers.authorization,
    signatureOf({
      host: HOST,
      path: "/v1/data-channel/me-0",
      query: "cell-number=A%20B%2F%2BC%3D%3D&role=r",
      token: CREDENTIALS.sessionToken,
    }),
  );
});

Deno.test("session ids with signs, ports and repeated keys are signed in canonical form", async () => {
  const headers = await sign("ws://127.0.0.1:9000/v1/data-channel/a.b@c-0?k=2&k=1&a=");
  assert.equal(
    headers.authorization,
    signatureOf({
      host: "127.0.0.1:9000",
      path: "/v1/data-channel/a.b%40c-0",
      query: "a=&k=1&k=2",
      token: CREDENTIALS.sessionToken,
    }),
  );
});

Deno.test("a URL that is signed already gets no headers", async () => {
  for (const name of ["X-Amz-Signature", "x-amz-date"]) {
    assert.deepEqual(await sign(`wss://${HOST}/v1/data-channel/me-0?role=x&${name}=abc`), {});
  }
});

Deno.test("signUpgrade() signs with the command's credentials and region", async () => {
  await using service = new FakeService(() => new Response());
  using aws = awsFor(service.url, { region: "eu-west-1" });
  const headers = await aws.signUpgrade(`wss://${HOST}/v1/data-channel/me-0`);
  assert.match(
    headers.authorization ?? "",
    new RegExp(
      `^AWS4-HMAC-SHA256 Credential=${KEYS.AWS_ACCESS_KEY_ID}/\\d{8}/eu-west-1/ssmmessages/aws4_request, ` +
        "SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$",
    ),
  );
  assert.equal(service.received.length, 0, "signing needs no call");
});

Deno.test("what keeps signUpgrade() from signing is logged and no failure", async () => {
  const lines: string[] = [];
  using aws = new Aws({
    connectionTimeoutMs: 1_000,
    requestTimeoutMs: 1_000,
    profile: "absent",
    region: "eu-west-1",
    env: envOf({ AWS_CONFIG_FILE: "/nonexistent", AWS_SHARED_CREDENTIALS_FILE: "/nonexistent" }),
    log: (line) => lines.push(line),
  });
  assert.deepEqual(await aws.signUpgrade(`wss://${HOST}/x`), {});
  assert.match(lines.join("\n"), /upgrade not signed: Cannot use profile "absent"/);
});
