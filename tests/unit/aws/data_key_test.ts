import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { refusal } from "../../support/fake_io.ts";
import { awsFor, FakeService, json } from "./_support.ts";

const KEY = "arn:aws:kms:us-east-1:111122223333:key/0a5b0c00-0000-4000-8000-000000000001";
const REQUEST = {
  keyId: KEY,
  bytes: 64,
  encryptionContext: { "aws:ssm:SessionId": "me-0123", "aws:ssm:TargetId": "i-0123456789abcdef0" },
};
const never = new AbortController().signal;

function failing(code: string, message: string): FakeService {
  return new FakeService(() => json({ __type: code, message }, { status: 400 }));
}

Deno.test("newDataKey() asks KMS for bytes, not for a kind of key", async () => {
  const plaintext = Uint8Array.from({ length: 64 }, (_, index) => index);
  await using service = new FakeService(() =>
    json({
      CiphertextBlob: btoa("sealed"),
      Plaintext: btoa(String.fromCharCode(...plaintext)),
      KeyId: KEY,
    })
  );
  using aws = awsFor(service.url);
  const key = await aws.newDataKey(REQUEST, never);
  assert.deepEqual(new Uint8Array(key.plaintext), plaintext);
  assert.deepEqual(new Uint8Array(key.encrypted), new TextEncoder().encode("sealed"));
  const [sent] = service.received;
  assert.equal(sent!.headers.get("x-amz-target"), "TrentService.GenerateDataKey");
  assert.deepEqual(JSON.parse(sent!.body), {
    KeyId: KEY,
    NumberOfBytes: 64,
    EncryptionContext: REQUEST.encryptionContext,
  });
});

Deno.test("newDataKey() tells what keeps KMS from giving one, and the way out", async () => {
  const denied =
    `User: arn:aws:iam::1:user/me is not authorized to perform: kms:GenerateDataKey on ` +
    `resource: ${KEY} because no identity-based policy allows the kms:GenerateDataKey action`;
  const cases: [
    code: string,
    message: string,
    kind: AppError["kind"],
    text: RegExp,
    hint: RegExp,
  ][] = [
    ["AccessDeniedException", denied, "auth", /not allowed: kms:GenerateDataKey on arn/, /policy/],
    ["DisabledException", `${KEY} is disabled.`, "config", /the key is disabled$/, /Enable it/],
    ["KMSInvalidStateException", "pending deletion", "config", /cannot be used/, /Cancel its/],
    [
      "NotFoundException",
      "Key does not exist",
      "config",
      /no such key in region us-east-1$/,
      /pref/,
    ],
    [
      "ExpiredTokenException",
      "The token is expired",
      "auth",
      /credentials have expired$/,
      /log in/,
    ],
  ];
  for (const [code, message, kind, text, hint] of cases) {
    await using service = failing(code, message);
    using aws = awsFor(service.url);
    const error = await refusal(() => aws.newDataKey(REQUEST, never));
    assert.equal(error.kind, kind, code);
    assert.match(error.message, /^Cannot encrypt the session with key arn:aws:kms/);
    assert.match(error.message, text);
    assert.match(error.hint ?? "", hint);
  }
});

Deno.test("newDataKey() refuses an answer without a key", async () => {
  await using service = new FakeService(() => json({ KeyId: KEY }));
  using aws = awsFor(service.url);
  const error = await refusal(() => aws.newDataKey(REQUEST, never));
  assert.equal(error.kind, "protocol");
});
