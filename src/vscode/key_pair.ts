/**
 * A fresh ed25519 key pair in OpenSSH's formats, without a passphrase.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { generateKeyPairSync, randomBytes } from "node:crypto";

export interface SshKeyPair {
  /** The text of an `id_ed25519` file. */
  privateKey: string;
  /** The text of an `id_ed25519.pub` file: one line. */
  publicKey: string;
}

const TYPE = "ssh-ed25519";
/** Of the cipher "none". */
const BLOCK_BYTES = 8;
const LINE_CHARACTERS = 70;

/**
 * @param comment Printable, without a line end.
 *
 * Source: OpenSSH PROTOCOL.key ("openssh-key-v1"); RFC 8709 for the public key.
 */
export function makeKeyPair(comment: string): SshKeyPair {
  const { privateKey } = generateKeyPairSync("ed25519");
  const jwk = privateKey.export({ format: "jwk" });
  const seed = Buffer.from(jwk.d!, "base64url");
  const point = Buffer.from(jwk.x!, "base64url");
  const publicBlob = Buffer.concat([string(TYPE), string(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([
    ...[check, check],
    ...[string(TYPE), string(point), string(Buffer.concat([seed, point])), string(comment)],
  ]);
  const padding = Buffer.from(
    Array.from(
      { length: (BLOCK_BYTES - secret.length % BLOCK_BYTES) % BLOCK_BYTES },
      (_, at) => at + 1,
    ),
  );
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    // Cipher, key derivation and its options: none; one key.
    ...[string("none"), string("none"), string(""), uint32(1)],
    ...[string(publicBlob), string(Buffer.concat([secret, padding]))],
  ]);
  const lines = file.toString("base64").match(new RegExp(`.{1,${LINE_CHARACTERS}}`, "g"))!;
  return {
    privateKey: [
      "-----BEGIN OPENSSH PRIVATE KEY-----",
      ...lines,
      "-----END OPENSSH PRIVATE KEY-----",
      "",
    ].join("\n"),
    publicKey: `${TYPE} ${publicBlob.toString("base64")} ${comment}\n`,
  };
}

/** Source: RFC 4251 §5. */
function string(value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
