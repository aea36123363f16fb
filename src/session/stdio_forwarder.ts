/**
 * Copies two local streams to and from a session without a multiplexer: its payloads are the bytes.
 *
 * The agent connects to the port when the session starts, and ends the session when the port closes.
 *
 * Source: plugin portsession/standardstreamforwarding.go; agent plugins/port/port_basic.go. Unlike the
 * reference it never changes a byte: there, a message that is one line feed becomes a carriage return.
 *
 * @module
 */
import { messageOf } from "../errors/mod.ts";
import { PAYLOAD_TYPE } from "../protocol/mod.ts";
import type { DataChannel } from "./data_channel.ts";
import { type Forwarder, type ForwarderOptions, sendOutput } from "./forwarder.ts";
import { type ByteSink, StreamWriter } from "./stream_writer.ts";

/** The way in, as `Deno.stdin` is one. */
export interface ByteSource {
  /** Fills some of the buffer; null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Standard input and output, or what stands for them. */
export interface StandardStreams {
  input: ByteSource;
  output: ByteSink;
}

const READ_BYTES = 64 * 1024;
/**
 * Silence of the peer after the end of the input that ends the session: ssh is gone by then, and a
 * program that only closed its output may still wait for the answer.
 */
export const ANSWER_GRACE_MS = 1_000;
/** How long the last input may wait for the peer without any of it being acknowledged. */
export const STUCK_MS = 10_000;

export class StdioForwarder implements Forwarder {
  readonly #channel: DataChannel;
  readonly #options: ForwarderOptions;
  readonly #input: ByteSource;
  readonly #writer: StreamWriter;
  #isStopped = false;
  #onRoom: () => void = () => {};
  /** Set once the input has ended and all of it has arrived. */
  #graceTimer: number | undefined;

  constructor(channel: DataChannel, streams: StandardStreams, options: ForwarderOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#input = streams.input;
    this.#writer = new StreamWriter(streams.output, {
      onPressure: (isHigh) => channel.hold(isHigh),
      onFailure: (error) => this.#onOutputFailure(error),
    });
    channel.onRoom = () => this.#onRoom();
    channel.handlePayloads((type, payload) => {
      // Only Output is data; the reference writes flags into the stream too.
      if (type === PAYLOAD_TYPE.output) this.#onOutput(payload);
    });
    this.#copyUp();
  }

  get openConnections(): number {
    return this.#isStopped ? 0 : 1;
  }

  /** Resolves when everything that has arrived is written, or never will be; also after the stop. */
  flushed(): Promise<void> {
    return this.#writer.flushed();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopGrace();
    this.#channel.hold(false);
    this.#channel.onRoom = () => {};
    this.#onRoom();
  }

  async #copyUp(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    while (!this.#isStopped) {
      let count: number | null;
      try {
        count = await this.#input.read(buffer);
      } catch (error) {
        return this.#breakOff(`standard input could not be read: ${messageOf(error)}`);
      }
      if (this.#isStopped) return;
      if (count === null) return await this.#onInputEnd();
      this.#options.events.onBytes({ up: count, down: 0 });
      // Nothing is read before the window has taken this: a slow way slows ssh down.
      let rest = sendOutput(this.#channel, buffer.subarray(0, count));
      while (rest.byteLength > 0) {
        await new Promise<void>((resolve) => this.#onRoom = resolve);
        if (this.#isStopped) return;
        rest = sendOutput(this.#channel, rest);
      }
    }
  }

  async #onInputEnd(): Promise<void> {
    await this.#untilTaken();
    if (!this.#isStopped) this.#startGrace();
  }

  /** Resolves when the peer has acknowledged everything, or takes nothing although it is connected. */
  async #untilTaken(): Promise<void> {
    for (let before = Infinity;;) {
      if (await this.#channel.settle(STUCK_MS) || this.#isStopped) return;
      const { unacknowledged } = this.#channel.statistics;
      if (this.#channel.isConnected && unacknowledged >= before) return;
      before = unacknowledged;
    }
  }

  #onOutput(payload: Uint8Array): void {
    this.#options.events.onBytes({ up: 0, down: payload.byteLength });
    this.#writer.push(payload);
    if (this.#graceTimer !== undefined) this.#startGrace();
  }

  #startGrace(): void {
    this.#stopGrace();
    const { clock, events } = this.#options;
    this.#graceTimer = clock.setTimeout(() => events.onFinished(), ANSWER_GRACE_MS);
  }

  #stopGrace(): void {
    if (this.#graceTimer !== undefined) this.#options.clock.clearTimeout(this.#graceTimer);
    this.#graceTimer = undefined;
  }

  #onOutputFailure(error: unknown): void {
    if (this.#isStopped) return;
    // The reader has gone, which is how ssh leaves.
    if (error instanceof Deno.errors.BrokenPipe) this.#options.events.onFinished();
    else this.#breakOff(`standard output could not be written: ${messageOf(error)}`);
  }

  #breakOff(reason: string): void {
    if (!this.#isStopped) this.#options.events.onBroken(reason);
  }
}
