import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  encryptionContext,
  PAYLOAD_TYPE,
  ProtocolError,
  SessionCipher,
} from "../../../src/protocol/mod.ts";
import { fromHex, toHex, utf8 } from "../../support/hex.ts";

/** Bytes 00 to 3f. The vectors are of the protocol text, checked there with the reference's own code. */
const DATA_KEY = Uint8Array.from({ length: 64 }, (_, index) => index);
const HALVES_SWAPPED = new Uint8Array([...DATA_KEY.subarray(32), ...DATA_KEY.subarray(0, 32)]);
const FROM_AGENT = "000102030405060708090a0b2f67ba77aaef23fad23e2641405ed8c7f8e51ffdcc30";
const TO_AGENT = "0c0d0e0f10111213141516178e4943a61fb75dddc7cd9dd41ce870ef311ee5";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function cipher(dataKey = DATA_KEY): SessionCipher {
  return new SessionCipher(dataKey, () => fromHex("0c0d0e0f1011121314151617"));
}

function refused(code: string) {
  return (error: unknown) => error instanceof ProtocolError && error.code === code;
}

Deno.test("decrypt() opens what the agent made, with the first half of the key", () => {
  assert.equal(text(cipher().decrypt(fromHex(FROM_AGENT))), "hello\n");
});

Deno.test("encrypt() makes what the agent opens, with the second half of the key", () => {
  assert.equal(toHex(cipher().encrypt(utf8("ls\r"))), TO_AGENT);
  // The agent's side is this one with the halves the other way round.
  assert.equal(text(cipher(HALVES_SWAPPED).decrypt(fromHex(TO_AGENT))), "ls\r");
});

Deno.test("decrypt() takes the smallest payload there can be, an empty text", () => {
  const sealed = cipher(HALVES_SWAPPED).encrypt(new Uint8Array());
  assert.equal(sealed.byteLength, 28);
  assert.equal(cipher().decrypt(sealed).byteLength, 0);
});

Deno.test("decrypt() refuses the wrong half, a changed byte anywhere, and what is cut short", () => {
  assert.throws(() => cipher().decrypt(fromHex(TO_AGENT)), refused("decryption_failed"));
  assert.throws(
    () => cipher(HALVES_SWAPPED).decrypt(fromHex(FROM_AGENT)),
    refused("decryption_failed"),
  );
  const sealed = fromHex(FROM_AGENT);
  for (let index = 0; index < sealed.byteLength; index++) {
    const changed = sealed.slice();
    changed[index]! ^= 1;
    assert.throws(() => cipher().decrypt(changed), refused("decryption_failed"), `byte ${index}`);
    const cut = sealed.subarray(0, index);
    assert.throws(() => cipher().decrypt(cut), refused("decryption_failed"), `${index} bytes`);
  }
});

Deno.test("open() decrypts output, standard error and the exit code, and nothing else", () => {
  const agent = cipher(HALVES_SWAPPED);
  for (const type of [PAYLOAD_TYPE.output, PAYLOAD_TYPE.stdErr, PAYLOAD_TYPE.exitCode]) {
    assert.equal(text(cipher().open(type, agent.encrypt(utf8("EXIT_CODE: 7")))), "EXIT_CODE: 7");
    assert.throws(() => cipher().open(type, utf8("in the clear")), refused("decryption_failed"));
  }
  const plain = utf8('{"cols":80,"rows":24}');
  for (const type of [PAYLOAD_TYPE.size, PAYLOAD_TYPE.flag, PAYLOAD_TYPE.handshakeComplete]) {
    assert.equal(cipher().open(type, plain), plain);
  }
});

Deno.test("answerChallenge() sends the agent's own random bytes back, encrypted our way", () => {
  const random = Uint8Array.from({ length: 64 }, (_, index) => 255 - index);
  const agent = cipher(HALVES_SWAPPED);
  const challenge = Buffer.from(agent.encrypt(random)).toString("base64");
  const answer = cipher().answerChallenge(utf8(JSON.stringify({ Challenge: challenge })));
  const { Challenge, ...others } = JSON.parse(text(answer));
  assert.deepEqual(others, {});
  assert.deepEqual(agent.decrypt(Buffer.from(Challenge, "base64")), random);
});

Deno.test("answerChallenge() refuses what is no challenge of an agent with the same key", () => {
  const answer = (payload: string) => () => cipher().answerChallenge(utf8(payload));
  assert.throws(answer("hello"), refused("payload_malformed"));
  assert.throws(answer("{}"), refused("decryption_failed"));
  assert.throws(answer('{"Challenge":"AAAA"}'), refused("decryption_failed"));
  const wrong = Buffer.from(cipher().encrypt(new Uint8Array(64))).toString("base64");
  assert.throws(answer(JSON.stringify({ Challenge: wrong })), refused("decryption_failed"));
});

Deno.test("encryptionContext() names the challenge where the agent sent one", () => {
  const about = { sessionId: "me-0123", targetId: "i-0123456789abcdef0" };
  const plain = { "aws:ssm:SessionId": "me-0123", "aws:ssm:TargetId": "i-0123456789abcdef0" };
  assert.deepEqual(encryptionContext({ ...about, challenge: "" }), plain);
  assert.deepEqual(encryptionContext({ ...about, challenge: "q83v" }), {
    ...plain,
    "aws:ssm:RandomChallenge": "q83v",
  });
});

Deno.test("SessionCipher takes a key of 64 bytes alone", () => {
  for (const size of [0, 32, 63, 65]) {
    assert.throws(() => cipher(new Uint8Array(size)), RangeError);
  }
});
