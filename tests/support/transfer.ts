/**
 * A transfer through a tunnel to the sandbox's HTTP service, with a checksum at both ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pattern } from "./forwarding.ts";

export type Direction = "up" | "down";

export interface Transfer {
  /** Bytes that have come through so far. */
  progress(): number;
  /** The checksums of what was sent and what arrived. */
  done: Promise<{ sent: string; received: string }>;
}

/** On a connection of its own, so that nothing stays open behind the test. */
const ALONE = { connection: "close" };

/**
 * Starts a transfer.
 *
 * @param options.url The local end of the tunnel.
 * @param options.arrived Bytes of an upload that the agent has.
 */
export function startTransfer(
  direction: Direction,
  { url, bytes, arrived }: { url: string; bytes: number; arrived(): number },
): Transfer {
  let count = 0;
  const upload = async () => {
    const body = pattern(bytes);
    const answer = await fetch(`${url}/upload`, { method: "POST", body, headers: ALONE });
    const received: { bytes: number; sha256: string } = await answer.json();
    assert.equal(received.bytes, bytes);
    return { sent: createHash("sha256").update(body).digest("hex"), received: received.sha256 };
  };
  const download = async () => {
    const answer = await fetch(`${url}/bytes?n=${bytes}`, { headers: ALONE });
    const hash = createHash("sha256");
    for await (const chunk of answer.body!) {
      hash.update(chunk);
      count += chunk.byteLength;
    }
    assert.equal(count, bytes);
    return { sent: answer.headers.get("x-sha256")!, received: hash.digest("hex") };
  };
  const done = direction === "up" ? upload() : download();
  // Awaited later: a failure must not count as unhandled until then.
  done.catch(() => {});
  return { progress: direction === "up" ? arrived : () => count, done };
}
