/**
 * EC2 Instance Connect, AWS JSON 1.1, API version 2018-04-02: public keys that live for a minute.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Fleet } from "../fleet.ts";
import { ApiError } from "./api_error.ts";
import type { JsonRequest } from "./json_request.ts";

/** Source: EC2 Instance Connect API reference, SendSSHPublicKey: "The key remains for 60 seconds". */
export const KEY_LIFE_MS = 60_000;

interface PushedKey {
  instanceId: string;
  user: string;
  publicKey: string;
  caller: string;
  requestId: string;
  atMs: number;
}

/** What was pushed, until its minute is over. */
export class PushedKeys {
  #keys: PushedKey[] = [];

  add(key: PushedKey): void {
    this.#keys = this.#keys.filter(({ atMs }) => key.atMs - atMs < KEY_LIFE_MS);
    this.#keys.push(key);
  }

  /** Of one user of one instance, oldest first. */
  active(instanceId: string, user: string, nowMs: number): PushedKey[] {
    return this.#keys.filter((key) =>
      key.instanceId === instanceId && key.user === user && nowMs - key.atMs < KEY_LIFE_MS
    );
  }
}

interface ConnectCall {
  request: JsonRequest;
  fleet: Fleet;
  region: string;
  callerArn: string;
  keys: PushedKeys;
  nowMs: number;
}

/** @throws {ApiError} With the codes of EC2 Instance Connect. */
export function answerInstanceConnect(
  operation: string,
  call: ConnectCall,
): Record<string, unknown> {
  if (operation === "SendSSHPublicKey") return sendSshPublicKey(call);
  throw new ApiError("UnknownOperationException", `The operation ${operation} is not emulated`);
}

/** Source: the service's model (botocore ec2-instance-connect 2018-04-02), its patterns and lengths. */
const INSTANCE_ID = /^i-[a-f0-9]+$/;
const OS_USER = /^[A-Za-z_][A-Za-z0-9@._-]{0,30}[A-Za-z0-9$_-]?$/;
const KEY_LENGTH = { min: 80, max: 4096 };

function sendSshPublicKey(
  { request, fleet, region, callerArn, keys, nowMs }: ConnectCall,
): Record<string, unknown> {
  const instanceId = request.requireString("InstanceId");
  const user = request.requireString("InstanceOSUser");
  const publicKey = request.requireString("SSHPublicKey").trim();
  const zone = request.string("AvailabilityZone");
  const invalid = (what: string) => new ApiError("InvalidArgsException", what);
  if (!INSTANCE_ID.test(instanceId)) throw invalid(`${instanceId} is not an instance id`);
  if (!OS_USER.test(user)) throw invalid(`${user} is not the name of a user`);
  if (!isPublicKey(publicKey)) throw invalid("SSHPublicKey is not a public key");
  const instance = fleet.inRegion(region).find((each) => each.instanceId === instanceId);
  if (instance === undefined || (zone !== undefined && zone !== instance.zone)) {
    throw new ApiError("EC2InstanceNotFoundException", `Instance ${instanceId} not found`);
  }
  if (instance.state !== "running") {
    throw new ApiError(
      "EC2InstanceStateInvalidException",
      `Instance ${instanceId} is ${instance.state}, and not running`,
    );
  }
  const requestId = randomUUID();
  keys.add({ instanceId, user, publicKey, caller: callerArn, requestId, atMs: nowMs });
  return { RequestId: requestId, Success: true };
}

/** One line of `TYPE BASE64 [COMMENT]` whose inside begins with the same type (RFC 4253 §6.6). */
function isPublicKey(text: string): boolean {
  const { min, max } = KEY_LENGTH;
  if (text.length < min || text.length > max || /[\r\n]/.test(text)) return false;
  const [type = "", body = ""] = text.split(" ");
  if (!/^(ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp(256|384|521))$/.test(type)) return false;
  const blob = Buffer.from(body, "base64");
  return blob.length > 4 + type.length && blob.readUInt32BE(0) === type.length &&
    blob.toString("latin1", 4, 4 + type.length) === type;
}

/** Every instance's metadata service is under `/_metadata/INSTANCE_ID`. */
export const METADATA_PATH = "/_metadata";
const ACTIVE_KEYS =
  /^\/_metadata\/(i-[\da-f]+)\/latest\/meta-data\/managed-ssh-keys\/active-keys\/([^/]+)\/?$/;

/**
 * What an instance's own metadata service would tell: the keys that were pushed for a user, each behind
 * comment lines about it. Without the signature that AWS adds to each key.
 *
 * Source: aws-ec2-instance-connect-config, `eic_parse_authorized_keys`.
 */
export function answerMetadata(pathname: string, keys: PushedKeys, nowMs: number): Response {
  const [, instanceId, user] = ACTIVE_KEYS.exec(pathname) ?? [];
  if (instanceId === undefined || user === undefined) {
    return new Response("Not Found\n", { status: 404 });
  }
  const active = keys.active(instanceId, decodeURIComponent(user), nowMs);
  if (active.length === 0) return new Response("Not Found\n", { status: 404 });
  const lines = active.flatMap(({ publicKey, caller, requestId, atMs }) => [
    `#Timestamp=${Math.floor((atMs + KEY_LIFE_MS) / 1000)}`,
    `#Instance=${instanceId}`,
    `#Caller=${caller}`,
    `#Request=${requestId}`,
    publicKey,
  ]);
  return new Response(lines.join("\n") + "\n", { headers: { "content-type": "text/plain" } });
}
