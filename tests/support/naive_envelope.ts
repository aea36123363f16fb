/**
 * The envelope written down the slow and obvious way: BigInt, hexadecimal text, one field at a time.
 *
 * Tests hold it against the quick codec; benches take it as the baseline.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { AgentMessage } from "../../src/protocol/mod.ts";
import { fromHex, toHex } from "./hex.ts";

export function naiveEncode(message: AgentMessage): Uint8Array<ArrayBuffer> {
  const { payload } = message;
  const frame = new Uint8Array(120 + payload.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, 116);
  frame.set(new TextEncoder().encode(message.messageType.padEnd(32, " ")), 4);
  view.setUint32(36, message.schemaVersion);
  view.setBigUint64(40, BigInt(message.createdDateMs));
  view.setBigInt64(48, BigInt(message.sequenceNumber));
  view.setBigUint64(56, BigInt(message.flags));
  const id = fromHex(message.messageId.replaceAll("-", ""));
  frame.set(id.subarray(8), 64);
  frame.set(id.subarray(0, 8), 72);
  frame.set(createHash("sha256").update(payload).digest(), 80);
  view.setUint32(112, message.payloadType);
  view.setUint32(116, payload.byteLength);
  frame.set(payload, 120);
  return frame;
}

/** @throws {Error} If the frame is too short or its digest does not match. */
export function naiveDecode(frame: Uint8Array): AgentMessage {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const payload = frame.slice(view.getUint32(0) + 4);
  const digest = createHash("sha256").update(payload).digest("hex");
  if (digest !== toHex(frame.slice(80, 112))) throw new Error("the digest does not match");
  const id = toHex(frame.slice(72, 80)) + toHex(frame.slice(64, 72));
  return {
    messageType: new TextDecoder().decode(frame.slice(4, 36)).replace(/^\0+|\0+$/g, "").trim(),
    schemaVersion: view.getUint32(36),
    createdDateMs: Number(view.getBigUint64(40)),
    sequenceNumber: Number(view.getBigInt64(48)),
    flags: Number(view.getBigUint64(56)),
    messageId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    payloadType: view.getUint32(112),
    payload,
  };
}
