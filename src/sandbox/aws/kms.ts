/**
 * KMS, AWS JSON 1.1, API version 2014-11-01: the keys that session preferences can name.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { ACCOUNT_ID } from "../cloud/ids.ts";
import type { Key } from "../cloud/key.ts";
import type { RegionCloud } from "../cloud/region.ts";
import { ApiError } from "./api_error.ts";
import type { JsonRequest } from "./json_request.ts";

type Operation = (request: JsonRequest, region: RegionCloud) => Record<string, unknown>;

/** Key material never leaves KMS, and needs to be the same only while the sandbox runs. */
const material = new WeakMap<Key, Uint8Array>();
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES: Readonly<Record<string, number>> = { AES_256: 32, AES_128: 16 };

export const KMS_OPERATIONS: Readonly<Record<string, Operation>> = {
  DescribeKey: (request, region) => ({ KeyMetadata: metadata(keyOf(request, region)) }),
  GenerateDataKey: generateDataKey,
  Decrypt: decrypt,
  EnableKey: (request, region) => {
    const key = keyOf(request, region);
    if (key.state === "PendingDeletion") throw notUsable(key);
    key.state = "Enabled";
    return {};
  },
  DisableKey: (request, region) => {
    const key = keyOf(request, region);
    if (key.state === "PendingDeletion") throw notUsable(key);
    key.state = "Disabled";
    return {};
  },
  CancelKeyDeletion: (request, region) => {
    const key = keyOf(request, region);
    if (key.state !== "PendingDeletion") {
      throw new ApiError("KMSInvalidStateException", `${key.arn} is not pending deletion.`);
    }
    key.state = "Disabled";
    key.deletionAtMs = undefined;
    return { KeyId: key.arn };
  },
};

/** @throws {ApiError} With the codes of KMS. */
export function answerKms(
  operation: string,
  request: JsonRequest,
  region: RegionCloud,
): Record<string, unknown> {
  const answer = Object.hasOwn(KMS_OPERATIONS, operation) ? KMS_OPERATIONS[operation] : undefined;
  if (answer !== undefined) return answer(request, region);
  throw new ApiError("UnknownOperationException", `The operation ${operation} is not emulated`);
}

/** The key of an id, an ARN, an alias or an alias's ARN. */
export function findKey(region: RegionCloud, name: string): Key | undefined {
  const bare = name.startsWith("arn:") ? name.split(":").at(-1)!.replace(/^key\//, "") : name;
  return region.keys.get(bare) ??
    [...region.keys.values()].find(({ aliases }) => aliases.includes(bare));
}

function keyOf(request: JsonRequest, region: RegionCloud): Key {
  return findKeyOrThrow(region, request.requireString("KeyId"));
}

function findKeyOrThrow(region: RegionCloud, name: string): Key {
  const key = findKey(region, name);
  if (key !== undefined) return key;
  const what = name.startsWith("alias/") ? "Alias" : "Key";
  const arn = name.startsWith("arn:")
    ? name
    : `arn:aws:kms:${region.name}:${ACCOUNT_ID}:${what === "Key" ? `key/${name}` : name}`;
  throw new ApiError(
    "NotFoundException",
    what === "Alias" ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`,
  );
}

function metadata(key: Key): Record<string, unknown> {
  return {
    AWSAccountId: ACCOUNT_ID,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: key.createdAtMs / 1000,
    Enabled: key.state === "Enabled",
    Description: "",
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: key.state,
    ...(key.deletionAtMs !== undefined && { DeletionDate: key.deletionAtMs / 1000 }),
    Origin: "AWS_KMS",
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    KeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
  };
}

function notUsable(key: Key): ApiError {
  return key.state === "Disabled"
    ? new ApiError("DisabledException", `${key.arn} is disabled.`)
    : new ApiError("KMSInvalidStateException", `${key.arn} is pending deletion.`);
}

function dryRun(request: JsonRequest): void {
  if (!request.boolean("DryRun")) return;
  throw new ApiError(
    "DryRunOperationException",
    "The request would have succeeded, but the DryRun option is set.",
  );
}

function generateDataKey(request: JsonRequest, region: RegionCloud): Record<string, unknown> {
  const key = keyOf(request, region);
  const spec = request.string("KeySpec");
  const count = request.integer("NumberOfBytes", { min: 1, max: 1024 });
  const bytes = spec === undefined ? count : KEY_BYTES[spec];
  if (bytes === undefined || (spec !== undefined && count !== undefined)) {
    throw new ApiError(
      "ValidationException",
      "Please specify either number of bytes or key spec.",
    );
  }
  if (key.state !== "Enabled") throw notUsable(key);
  dryRun(request);
  const plaintext = randomBytes(bytes);
  return {
    CiphertextBlob: seal(key, plaintext, contextText(contextOf(request))).toString("base64"),
    Plaintext: plaintext.toString("base64"),
    KeyId: key.arn,
  };
}

function decrypt(request: JsonRequest, region: RegionCloud): Record<string, unknown> {
  const blob = Buffer.from(request.requireString("CiphertextBlob"), "base64");
  const named = request.string("KeyId") === undefined ? undefined : keyOf(request, region);
  const keys = named === undefined ? region.keys.values() : [named];
  const { key, plaintext } = open(keys, blob, contextText(contextOf(request)));
  dryRun(request);
  return {
    KeyId: key.arn,
    Plaintext: plaintext.toString("base64"),
    EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
  };
}

/** Decrypt, as an agent calls it. @throws {ApiError} */
export function decryptWith(
  region: RegionCloud,
  { keyId, ciphertext, context }: {
    keyId: string;
    ciphertext: Uint8Array;
    context: ReadonlyMap<string, string>;
  },
): Uint8Array {
  return open([findKeyOrThrow(region, keyId)], Buffer.from(ciphertext), contextText(context))
    .plaintext;
}

function open(
  keys: Iterable<Key>,
  blob: Buffer,
  context: string,
): { key: Key; plaintext: Buffer } {
  for (const key of keys) {
    const plaintext = unseal(key, blob, context);
    if (plaintext === undefined) continue;
    if (key.state !== "Enabled") throw notUsable(key);
    return { key, plaintext };
  }
  throw new ApiError("InvalidCiphertextException", "");
}

function contextOf(request: JsonRequest): ReadonlyMap<string, string> {
  return request.stringMap("EncryptionContext");
}

/** The encryption context in one order, so that it can be compared. */
function contextText(context: ReadonlyMap<string, string>): string {
  return JSON.stringify([...context].sort());
}

function secretOf(key: Key): Uint8Array {
  const known = material.get(key);
  if (known !== undefined) return known;
  const secret = randomBytes(32);
  material.set(key, secret);
  return secret;
}

function seal(key: Key, plaintext: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", secretOf(key), nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** `undefined` when the blob was made by another key, or with another context. */
function unseal(key: Key, blob: Buffer, context: string): Buffer | undefined {
  if (blob.length <= NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", secretOf(key), blob.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(blob.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const rest = blob.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(rest), decipher.final()]);
  } catch {
    return undefined;
  }
}
