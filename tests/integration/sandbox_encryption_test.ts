/**
 * Sessions encrypted with a key of KMS: the agent's side of it. The client's side is written by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { utf8 } from "../support/hex.ts";
import { acknowledgedNumbers, closingText } from "../support/port_client.ts";
import { needsPrograms } from "../support/needs_programs.ts";
import { openSandbox, type SessionGrant, type TestSandbox } from "../support/sandbox.ts";
import { ScriptedClient } from "../support/scripted_client.ts";
import { resize, SHELL_PAYLOAD } from "../support/shell_client.ts";

const NEEDS = needsPrograms("python3", "ps");

function test(
  name: string,
  fn: (test: TestSandbox) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox encryption: ${name}`, NEEDS, async () => {
    await using test = await openSandbox({ scenario: "sessions-encrypted", ...options });
    await fn(test);
  });
}

/** The one instance of the scenario. */
const encryptedOf = (test: TestSandbox) => test.sandbox.instances[0]!;

const json = (payload: Uint8Array) => JSON.parse(new TextDecoder().decode(payload));

/** A client's half of the exchange. Source: protocol text §10. */
class EncryptedClient implements AsyncDisposable {
  #plainKey: Uint8Array = new Uint8Array(64);

  private constructor(
    readonly test: TestSandbox,
    readonly client: ScriptedClient,
    readonly grant: SessionGrant,
    /** What the agent asks for. */
    readonly asked: { KMSKeyId: string; Challenge?: string },
  ) {}

  static async open(
    test: TestSandbox,
    session: { document?: string; parameters?: Record<string, string[]> } = {},
  ): Promise<EncryptedClient> {
    const grant = await test.startSession({
      target: encryptedOf(test).instanceId,
      document: "SSM-SessionManagerRunShell",
      ...session,
    });
    const client = await ScriptedClient.open(grant);
    const { RequestedClientActions: actions } = json(
      (await client.data(SHELL_PAYLOAD.handshakeRequest)).payload,
    );
    assert.equal(actions[1].ActionType, "KMSEncryption");
    return new EncryptedClient(test, client, grant, actions[1].ActionParameters);
  }

  /** GenerateDataKey, with the context that the protocol asks for or another. */
  async makeKey(context: Record<string, string> = {}): Promise<string> {
    const { status, json } = await this.test.kms("GenerateDataKey", {
      KeyId: this.asked.KMSKeyId,
      NumberOfBytes: 64,
      EncryptionContext: {
        "aws:ssm:SessionId": this.grant.SessionId,
        "aws:ssm:TargetId": encryptedOf(this.test).instanceId,
        ...context,
      },
    });
    assert.equal(status, 200, JSON.stringify(json));
    this.#plainKey = Buffer.from(json.Plaintext, "base64");
    return json.CiphertextBlob;
  }

  async respond(ciphertext: string, acknowledgement?: boolean): Promise<void> {
    const result = {
      KMSCipherTextKey: ciphertext,
      KMSCipherTextHash: null,
      ...(acknowledgement !== undefined && { ChallengeAcknowledgement: acknowledgement }),
    };
    const action = { ActionStatus: 1, Error: "" };
    await this.client.sendData(
      SHELL_PAYLOAD.handshakeResponse,
      utf8(JSON.stringify({
        ClientVersion: "1.2.677.0",
        ProcessedClientActions: [
          { ActionType: "SessionType", ActionResult: null, ...action },
          { ActionType: "KMSEncryption", ActionResult: result, ...action },
        ],
        Errors: null,
      })),
    );
  }

  /** The 64 bytes of the agent's challenge. */
  async takeChallenge(): Promise<Uint8Array> {
    const { payload } = await this.client.data(SHELL_PAYLOAD.challengeRequest);
    return this.open(Buffer.from(json(payload).Challenge, "base64"));
  }

  async answerChallenge(bytes: Uint8Array, sequence?: number): Promise<void> {
    const text = Buffer.from(this.seal(bytes)).toString("base64");
    const payload = utf8(JSON.stringify({ Challenge: text }));
    await this.client.sendData(SHELL_PAYLOAD.challengeResponse, payload, sequence);
  }

  /** Everything up to HandshakeComplete; its text for the user. */
  async shakeHands(): Promise<string> {
    const challenge = this.asked.Challenge;
    await this.respond(
      await this.makeKey(
        challenge === undefined ? {} : { "aws:ssm:RandomChallenge": challenge },
      ),
      challenge === undefined ? undefined : true,
    );
    await this.answerChallenge(await this.takeChallenge());
    const complete = await this.client.data(SHELL_PAYLOAD.handshakeComplete);
    return json(complete.payload).CustomerMessage;
  }

  open(message: Uint8Array): Uint8Array {
    const key = this.#plainKey.subarray(0, 32);
    const decipher = createDecipheriv("aes-256-gcm", key, message.subarray(0, 12));
    decipher.setAuthTag(message.subarray(-16));
    return Buffer.concat([decipher.update(message.subarray(12, -16)), decipher.final()]);
  }

  seal(bytes: Uint8Array): Uint8Array {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#plainKey.subarray(32), nonce);
    return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }

  /** Payloads of a type, decrypted one by one and joined. */
  received(payloadType: number): string {
    const parts = new Map<number, Uint8Array>();
    for (const heard of this.client.heard) {
      if (heard.kind !== "message" || heard.message.messageType !== "output_stream_data") continue;
      if (heard.message.payloadType !== payloadType) continue;
      parts.set(heard.message.sequenceNumber, this.open(heard.message.payload));
    }
    return Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part)).toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }
}

test("a shell: both ways encrypted, sizes not", async (test) => {
  await using session = await EncryptedClient.open(test);
  assert.equal(Buffer.from(session.asked.Challenge!, "base64").byteLength, 16);
  assert.equal(await session.shakeHands(), "This session is encrypted using AWS KMS.");
  const { client } = session;
  await client.when(() => session.received(1) !== "");
  await resize(client, 101, 37);
  await client.sendData(1, session.seal(utf8("stty size; exit\r")));
  assert.equal(await closingText(client), "");
  assert.match(session.received(1), /\n37 101\r\n/);
});

test("a command: standard error and exit code are encrypted too", async (test) => {
  await using session = await EncryptedClient.open(test, {
    document: "AWS-StartNonInteractiveCommand",
    parameters: {
      command: ["sh -c 'echo out; echo err >&2; exit 5'"],
      separateOutputStream: ["true"],
    },
  });
  await session.shakeHands();
  await closingText(session.client);
  const types = [1, SHELL_PAYLOAD.stdErr, SHELL_PAYLOAD.exitCode];
  assert.deepEqual(types.map((type) => session.received(type)), ["out\n", "err\n", "EXIT_CODE: 5"]);
});

test("the agent's nonces count up", async (test) => {
  await using session = await EncryptedClient.open(test, {
    document: "AWS-StartInteractiveCommand",
    parameters: { command: ["seq 1 2000"] },
  });
  await session.shakeHands();
  await closingText(session.client);
  const numbers = session.client.heard.flatMap((heard) =>
    heard.kind === "message" && heard.message.payloadType === 1
      ? [Buffer.from(heard.message.payload).readUIntLE(0, 6)]
      : []
  );
  const distinct = [...new Set(numbers)];
  assert.ok(distinct.length > 2);
  distinct.slice(1).forEach((number, i) => assert.equal(number, distinct[i]! + 1));
});

test("a client that knows no challenge is served, with the context of two", async (test) => {
  await using session = await EncryptedClient.open(test);
  await session.respond(await session.makeKey());
  await session.answerChallenge(await session.takeChallenge());
  await session.client.data(SHELL_PAYLOAD.handshakeComplete);
});

test("an older agent asks for no challenge", async (test) => {
  test.sandbox.faults.apply({ fault: "agent_version", version: "3.2.2303.0" });
  await using session = await EncryptedClient.open(test);
  assert.equal("Challenge" in session.asked, false);
  await session.shakeHands();
});

test("an agent that requires the challenge refuses a client without it", async (test) => {
  await using session = await EncryptedClient.open(test);
  await session.respond(await session.makeKey(), false);
  assert.match(await closingText(session.client), /initiating handshake\. .*challenge/);
}, { requireKmsChallenge: true });

for (
  const [what, context, acknowledgement] of [
    ["acknowledged, and not in the context", undefined, true],
    ["in the context, and not acknowledged", "asked", undefined],
    ["another one", "MTIzNA==", true],
  ] as const
) {
  test(`a challenge that is ${what} fails at KMS`, async (test) => {
    await using session = await EncryptedClient.open(test);
    const value = context === "asked" ? session.asked.Challenge! : context;
    await session.respond(
      await session.makeKey(value === undefined ? {} : { "aws:ssm:RandomChallenge": value }),
      acknowledgement,
    );
    assert.equal(
      await closingText(session.client),
      "\n----------ERROR-------\nEncountered error while initiating handshake. " +
        "Fetching data key failed: Unable to retrieve data key, " +
        "Error when decrypting data key InvalidCiphertextException: ",
    );
  });
}

test("a key that was disabled after the client used it fails the session", async (test) => {
  await using session = await EncryptedClient.open(test);
  const key = await session.makeKey();
  await test.kms("DisableKey", { KeyId: session.asked.KMSKeyId });
  await session.respond(key);
  assert.match(await closingText(session.client), /DisabledException: arn:aws:kms:\S+ is disabled/);
});

test("a role that may not decrypt fails the session", async (test) => {
  await test.kms("EnableKey", { KeyId: "alias/sandbox-sessions" });
  await using session = await EncryptedClient.open(test);
  await session.respond(await session.makeKey());
  assert.match(await closingText(session.client), /AccessDeniedException: .*kms:Decrypt/);
}, { scenario: "key-disabled" });

test(
  "a wrong answer to the challenge is not acknowledged, and its limit ends the session",
  async (test) => {
    await using session = await EncryptedClient.open(test);
    await session.respond(await session.makeKey());
    await session.takeChallenge();
    await session.client.settled();
    await session.answerChallenge(randomBytes(64), 1);
    assert.deepEqual(acknowledgedNumbers(await session.client.settled()), []);
    assert.match(
      await closingText(session.client),
      /Timed out waiting for encryption challenge\.$/,
    );
  },
  { timing: { handshakeTimeoutMs: 700 } },
);

test("the right answer behind a wrong one is taken", async (test) => {
  await using session = await EncryptedClient.open(test);
  await session.respond(await session.makeKey());
  const challenge = await session.takeChallenge();
  await session.answerChallenge(randomBytes(64), 1);
  await session.answerChallenge(challenge, 1);
  await session.client.data(SHELL_PAYLOAD.handshakeComplete);
});

test("input that is not encrypted is not acknowledged", async (test) => {
  await using session = await EncryptedClient.open(test);
  await session.shakeHands();
  const { client } = session;
  await client.when(() => session.received(1) !== "");
  await client.settled();
  await client.sendData(1, utf8("exit\r"), client.nextSequence);
  assert.deepEqual(acknowledgedNumbers(await client.settled()), []);
});

test("ports are never encrypted", async (test) => {
  const grant = await test.startSession({ target: encryptedOf(test).instanceId });
  await using client = await ScriptedClient.open(grant);
  const request = await client.data(SHELL_PAYLOAD.handshakeRequest);
  assert.equal(json(request.payload).RequestedClientActions.length, 1);
});
