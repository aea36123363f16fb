import assert from "node:assert/strict";
import fc from "fast-check";
import { SessionCipher } from "../../../src/sandbox/agent/session_cipher.ts";
import { fromHex, toHex, utf8 } from "../../support/hex.ts";

/** Source of key and messages: protocol text §10.3, checked there with the reference programs. */
const KEY = Uint8Array.from({ length: 64 }, (_, i) => i);
const TO_CLIENT = "000102030405060708090a0b2f67ba77aaef23fad23e2641405ed8c7f8e51ffdcc30";
const TO_AGENT = "0c0d0e0f10111213141516178e4943a61fb75dddc7cd9dd41ce870ef311ee5";

Deno.test("SessionCipher encrypts as the agent does (protocol text §10.3)", () => {
  const cipher = new SessionCipher(KEY, fromHex("000102030405060708090a0b"));
  assert.equal(toHex(cipher.encrypt(utf8("hello\n"))), TO_CLIENT);
});

Deno.test("SessionCipher decrypts what a client encrypts (protocol text §10.3)", () => {
  assert.equal(toHex(new SessionCipher(KEY).decrypt(fromHex(TO_AGENT))!), toHex(utf8("ls\r")));
});

Deno.test("SessionCipher takes nothing that the client's half did not encrypt", () => {
  const cipher = new SessionCipher(KEY);
  assert.equal(cipher.decrypt(fromHex(TO_CLIENT)), undefined);
  assert.equal(cipher.decrypt(fromHex(TO_AGENT).subarray(0, 27)), undefined);
  const changed = fromHex(TO_AGENT);
  changed[13]! ^= 1;
  assert.equal(cipher.decrypt(changed), undefined);
});

Deno.test("SessionCipher counts its nonces up, the lowest byte first", () => {
  const cipher = new SessionCipher(KEY, fromHex("feff00000000000000000000"));
  const nonce = () => toHex(cipher.encrypt(utf8("x")).subarray(0, 12));
  assert.deepEqual([nonce(), nonce(), nonce()], [
    "feff00000000000000000000",
    "ffff00000000000000000000",
    "000001000000000000000000",
  ]);
});

Deno.test("SessionCipher starts at another nonce each time, and refuses half a key", () => {
  const first = () => toHex(new SessionCipher(KEY).encrypt(utf8("x")).subarray(0, 12));
  assert.notEqual(first(), first());
  assert.throws(() => new SessionCipher(KEY.subarray(32)), /32 bytes instead of 64/);
});

Deno.test("SessionCipher: two with swapped halves understand each other (property)", () => {
  const agent = new SessionCipher(KEY);
  const client = new SessionCipher(Uint8Array.from([...KEY.subarray(32), ...KEY.subarray(0, 32)]));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
    const sealed = agent.encrypt(bytes);
    assert.equal(sealed.byteLength, bytes.byteLength + 28);
    assert.deepEqual([...client.decrypt(sealed)!], [...bytes]);
  }));
});
