/**
 * A forwarder over a data channel without a network: a scripted agent behind it, real local sockets in
 * front of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ConnectionEvent } from "../../src/session/contracts.ts";
import { DataChannel } from "../../src/session/data_channel.ts";
import {
  acceptAll,
  type ConnectionForwarder,
  type ConnectionForwarderOptions,
} from "../../src/session/forwarder.ts";
import { performPortHandshake } from "../../src/session/handshake.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeNetwork, GRANT } from "./fake_transport.ts";
import { type AgentScript, ScriptedAgent } from "./scripted_agent.ts";
import { Watched } from "./watched.ts";

export const REFUSAL_TEXT = "nothing listens there";

/** What a forwarder reported. */
export class ForwarderLog extends Watched {
  readonly connections: ConnectionEvent[] = [];
  readonly broken: string[] = [];
  /** How often it said that nothing more is wanted. */
  finished = 0;
  up = 0;
  down = 0;

  readonly events: ConnectionForwarderOptions["events"] = {
    onConnection: (event) => {
      this.connections.push(event);
      this.changed();
    },
    onBytes: ({ up, down }) => {
      this.up += up;
      this.down += down;
      this.changed();
    },
    onBroken: (reason) => {
      this.broken.push(reason);
      this.changed();
    },
    onFinished: () => {
      this.finished++;
      this.changed();
    },
  };

  /** What became of one connection so far. */
  of(connection: number): string[] {
    return this.connections.filter((event) => event.connection === connection)
      .map((event) => event.status);
  }

  count(status: ConnectionEvent["status"]): number {
    return this.connections.filter((event) => event.status === status).length;
  }
}

export interface Forwarding extends AsyncDisposable {
  agent: ScriptedAgent;
  channel: DataChannel;
  clock: FakeClock;
  forwarder: ConnectionForwarder;
  log: ForwarderLog;
  network: FakeNetwork;
  /** A new connection of a local program; closed with the test. */
  connect(): Promise<Deno.TcpConn>;
}

/**
 * Disposing ends everything and fails the test when a timer is left.
 *
 * @param listener In place of a real one.
 */
export async function forwarding(
  script: AgentScript,
  create: (channel: DataChannel, options: ConnectionForwarderOptions) => ConnectionForwarder,
  listener: Deno.TcpListener = Deno.listen({ hostname: "127.0.0.1", port: 0 }),
): Promise<Forwarding> {
  const agent = new ScriptedAgent(script);
  const clock = new FakeClock();
  const network = new FakeNetwork(agent);
  const channel = new DataChannel({
    clock,
    openTransport: network.openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  const { signal } = new AbortController();
  await channel.connect(GRANT, signal);
  await performPortHandshake(channel, signal);
  const log = new ForwarderLog();
  const forwarder = create(channel, { clock, events: log.events, refusalText: REFUSAL_TEXT });
  const serving = serveAll(listener, forwarder, clock);
  const programs: Deno.TcpConn[] = [];
  return {
    agent,
    channel,
    clock,
    forwarder,
    log,
    network,
    async connect() {
      const conn = await Deno.connect({ port: listener.addr.port });
      programs.push(conn);
      return conn;
    },
    async [Symbol.asyncDispose]() {
      closeQuietly(listener);
      forwarder.stop("the session ended");
      channel.close();
      await serving;
      for (const conn of programs) closeQuietly(conn);
      assert.equal(forwarder.openConnections, 0);
      assert.equal(log.finished, 0, "a listener is never finished");
      assert.deepEqual(clock.delays, [], "timers are left");
    },
  };
}

async function serveAll(
  listener: Deno.TcpListener,
  forwarder: ConnectionForwarder,
  clock: FakeClock,
): Promise<void> {
  let count = 0;
  for await (const conn of acceptAll(listener, clock)) {
    if (!await forwarder.serve(conn, ++count)) conn.close();
  }
}

export function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // Closed already.
  }
}

export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  while (bytes.byteLength > 0) bytes = bytes.subarray(await conn.write(bytes));
}

/** Reads up to the end. */
export async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let count; (count = await conn.read(buffer)) !== null;) parts.push(buffer.slice(0, count));
  return concat(parts);
}

export async function readExactly(conn: Deno.Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await conn.read(bytes.subarray(at));
    if (read === null) throw new Error(`the end came after ${at} of ${count} bytes`);
    at += read;
  }
  return bytes;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Bytes that do not repeat for a long time. */
export function pattern(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, i) => (i * 31) ^ (i >> 8) ^ seed);
}
