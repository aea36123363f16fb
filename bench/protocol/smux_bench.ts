/**
 * The multiplexer: 1 MiB out in pieces of one message each, and the same bytes in.
 *
 * @module
 */
import { SmuxSession, type SmuxStream, STREAM_PAYLOAD_BYTES } from "../../src/protocol/mod.ts";
import { NaiveMultiplexer } from "./naive_multiplexer.ts";

const TOTAL_BYTES = 1024 * 1024;

interface Shape {
  name: string;
  streams: number;
  /** Bytes of one write, as a local program hands them over. */
  writeBytes: number;
}

const SHAPES: readonly Shape[] = [
  { name: "1 stream, writes of 64 KiB", streams: 1, writeBytes: 65_536 },
  { name: "200 streams, writes of 1 KiB", streams: 200, writeBytes: 1024 },
  { name: "1 stream, writes of 16 bytes", streams: 1, writeBytes: 16 },
];

let bytes = 0;
const count = (part: Uint8Array) => void (bytes += part.byteLength);

function openAll(session: SmuxSession, streams: number): SmuxStream[] {
  const opened = Array.from({ length: streams }, () => session.openStream());
  while (session.pull(STREAM_PAYLOAD_BYTES));
  return opened;
}

/** Everything that goes out for 1 MiB, in pieces. */
function piecesOf({ streams, writeBytes }: Shape): Uint8Array[] {
  const session = new SmuxSession("client", { onOutput: () => {} });
  const opened = Array.from({ length: streams }, () => session.openStream());
  const chunk = new Uint8Array(writeBytes);
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < TOTAL_BYTES / writeBytes; i++) opened[i % streams]!.write(chunk);
  for (;;) {
    const piece = session.pull(STREAM_PAYLOAD_BYTES);
    if (piece === undefined) return pieces;
    pieces.push(piece);
  }
}

for (const shape of SHAPES) {
  const { name, streams, writeBytes } = shape;
  const writes = TOTAL_BYTES / writeBytes;
  const chunk = new Uint8Array(writeBytes);

  const out = { group: `send 1 MiB: ${name}` };
  Deno.bench(`SmuxSession.pull: ${name}`, out, (b) => {
    const session = new SmuxSession("client", { onOutput: () => {} });
    const opened = openAll(session, streams);
    b.start();
    for (let i = 0; i < writes; i++) opened[i % streams]!.write(chunk);
    for (;;) {
      const piece = session.pull(STREAM_PAYLOAD_BYTES);
      if (piece === undefined) break;
      count(piece);
    }
    b.end();
  });
  // Joining 65,536 small writes takes the baseline minutes.
  if (writeBytes >= 1024) {
    Deno.bench(`baseline: pull, ${name}`, { ...out, baseline: true }, () => {
      const session = new NaiveMultiplexer(() => {});
      for (let i = 0; i < writes; i++) session.write(3 + 2 * (i % streams), chunk);
      for (;;) {
        const piece = session.pull(STREAM_PAYLOAD_BYTES);
        if (piece === undefined) break;
        count(piece);
      }
    });
  }

  const pieces = piecesOf(shape);
  const into = { group: `receive 1 MiB: ${name}` };
  Deno.bench(`SmuxSession.receive: ${name}`, into, () => {
    const session = new SmuxSession("server", {
      onOutput: () => {},
      onStream: (stream) => stream.onData = count,
    });
    for (const piece of pieces) session.receive(piece);
  });
  Deno.bench(`baseline: receive, ${name}`, { ...into, baseline: true }, () => {
    const session = new NaiveMultiplexer((_, data) => count(data));
    for (const piece of pieces) session.receive(piece);
  });
}
