import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { Principal } from "../../../src/sandbox/aws/credential_store.ts";
import {
  formatAmzDate,
  parseAuthorization,
  type SignedRequest,
  verifySignature,
} from "../../../src/sandbox/aws/sigv4.ts";

/** The key and the first case of AWS's published Signature Version 4 test suite ("get-vanilla"). */
const KEY: Principal = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: undefined,
  expiresMs: undefined,
  arn: "",
  userId: "",
  sessionName: "",
};
const SIGNED_AT_MS = Date.UTC(2015, 7, 30, 12, 36, 0);
const AUTHORIZATION = "AWS4-HMAC-SHA256 " +
  "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
  "SignedHeaders=host;x-amz-date, " +
  "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

function verify(
  changes: {
    authorization?: string;
    query?: string;
    body?: string;
    headers?: Record<string, string>;
    nowMs?: number;
    key?: Principal;
    isExpired?: boolean;
  } = {},
) {
  const headers: Record<string, string> = {
    host: "example.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
    authorization: changes.authorization ?? AUTHORIZATION,
    ...changes.headers,
  };
  const request: SignedRequest = {
    method: "GET",
    path: "/",
    query: changes.query ?? "",
    header: (name) => headers[name.toLowerCase()] || undefined,
    body: new TextEncoder().encode(changes.body ?? ""),
  };
  const key = changes.key ?? KEY;
  const verdict = verifySignature(request, {
    store: {
      find: (id) => id === key.accessKeyId ? key : undefined,
      isExpired: () => changes.isExpired ?? false,
    },
    nowMs: changes.nowMs ?? SIGNED_AT_MS,
  });
  return verdict.ok ? `${verdict.region}/${verdict.service}` : verdict.problem;
}

/** An Authorization header for a canonical query that the test writes down itself. */
function signQuery(canonicalQuery: string): string {
  const hex = (text: string) => createHash("sha256").update(text).digest("hex");
  const canonical = "GET\n/\n" + canonicalQuery +
    "\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" + hex("");
  const toSign = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n" +
    hex(canonical);
  let key: Uint8Array = new TextEncoder().encode("AWS4" + KEY.secretAccessKey);
  for (const part of ["20150830", "us-east-1", "service", "aws4_request"]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  return AUTHORIZATION.replace(/Signature=.*/, `Signature=${signature}`);
}

Deno.test("the published example is accepted", () => {
  assert.equal(verify(), "us-east-1/service");
});

Deno.test("a changed body, query, header or signature is not", () => {
  assert.equal(verify({ body: "x" }), "bad_signature");
  assert.equal(verify({ query: "a=b" }), "bad_signature");
  assert.equal(verify({ headers: { host: "other.amazonaws.com" } }), "bad_signature");
  assert.equal(verify({ authorization: AUTHORIZATION.replace("5fa0", "5fa1") }), "bad_signature");
  assert.equal(verify({ key: { ...KEY, secretAccessKey: "another" } }), "bad_signature");
});

Deno.test("a raw + in the query counts as a space, and pairs are sorted", () => {
  const authorization = signQuery("cell-number=AA%20%2FQ%3D%3D&role=publish_subscribe");
  const query = "role=publish_subscribe&cell-number=AA+/Q==";
  assert.equal(verify({ query, authorization }), "us-east-1/service");
  const plus = signQuery("cell-number=AA%2B%2FQ%3D%3D&role=publish_subscribe");
  assert.equal(verify({ query, authorization: plus }), "bad_signature");
});

Deno.test("header values are trimmed and their spaces joined", () => {
  assert.equal(
    verify({ headers: { host: "  example.amazonaws.com " } }),
    "us-east-1/service",
  );
});

Deno.test("each way to be refused has its own name", () => {
  assert.equal(verify({ headers: { authorization: "" } }), "missing");
  assert.equal(verify({ authorization: "Bearer x" }), "incomplete");
  assert.equal(verify({ headers: { "x-amz-date": "" } }), "incomplete");
  assert.equal(
    verify({ authorization: AUTHORIZATION.replace("AKIDEXAMPLE", "AKIDOTHER") }),
    "unknown_key",
  );
  assert.equal(verify({ headers: { "x-amz-security-token": "t" } }), "bad_token");
  assert.equal(verify({ key: { ...KEY, sessionToken: "t" } }), "bad_token");
  assert.equal(verify({ isExpired: true }), "expired_token");
});

Deno.test("the clock may be off by five minutes, either way, and no more", () => {
  const limitMs = 5 * 60_000;
  for (const sign of [1, -1]) {
    assert.equal(verify({ nowMs: SIGNED_AT_MS + sign * limitMs }), "us-east-1/service");
    assert.equal(verify({ nowMs: SIGNED_AT_MS + sign * (limitMs + 1) }), "clock_skew");
  }
});

Deno.test("parseAuthorization() wants every part", () => {
  assert.deepEqual(parseAuthorization(AUTHORIZATION)?.signedHeaders, ["host", "x-amz-date"]);
  for (const part of ["Credential", "SignedHeaders", "Signature", "/aws4_request"]) {
    assert.equal(parseAuthorization(AUTHORIZATION.replace(part, "x")), undefined, part);
  }
});

Deno.test("formatAmzDate() is the basic ISO 8601 form", () => {
  assert.equal(formatAmzDate(SIGNED_AT_MS), "20150830T123600Z");
});
