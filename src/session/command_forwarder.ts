/**
 * Takes what a command on the instance writes, and how it ends.
 *
 * The agent takes no input for such a session but an interrupt.
 *
 * Source: agent session/shell/shell.go processCommandsWithOutputStreamSeparate, sendExitCode.
 *
 * @module
 */
import { messageOf } from "../errors/mod.ts";
import { parseExitCode, PAYLOAD_TYPE, ProtocolError } from "../protocol/mod.ts";
import type { DataChannel } from "./data_channel.ts";
import { type Forwarder, type ForwarderOptions, sendOutput } from "./forwarder.ts";
import type { ShellHandshake } from "./shell_handshake.ts";
import { type ByteSink, StreamWriter } from "./stream_writer.ts";

/** Where what a command writes goes. */
export interface CommandStreams {
  stdout: ByteSink;
  stderr: ByteSink;
}

/** Ctrl-C: the agent interrupts the command. */
const INTERRUPT = Uint8Array.of(0x03);

export class CommandForwarder implements Forwarder {
  readonly #channel: DataChannel;
  readonly #handshake: ShellHandshake;
  readonly #options: ForwarderOptions;
  readonly #stdout: StreamWriter;
  readonly #stderr: StreamWriter;
  readonly #pressed = new Set<StreamWriter>();
  #exitCode: number | undefined;
  #hasReader = true;
  #isStopped = false;

  constructor(
    channel: DataChannel,
    { streams, handshake }: { streams: CommandStreams; handshake: ShellHandshake },
    options: ForwarderOptions,
  ) {
    this.#channel = channel;
    this.#handshake = handshake;
    this.#options = options;
    this.#stdout = this.#writer(streams.stdout, "standard output");
    this.#stderr = this.#writer(streams.stderr, "standard error");
    if (handshake.firstOutput !== undefined) this.#write(this.#stdout, handshake.firstOutput);
    channel.handlePayloads((type, payload) => this.#onPayload(type, payload));
  }

  get openConnections(): number {
    return this.#isStopped ? 0 : 1;
  }

  /** As the agent told it; undefined while the command runs, and of agents that do not tell. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** False when nobody reads what the command writes: it was ended for that. */
  get hasReader(): boolean {
    return this.#hasReader;
  }

  /** Has the agent interrupt the command. */
  interrupt(): void {
    if (!this.#isStopped) sendOutput(this.#channel, INTERRUPT, this.#handshake.cipher);
  }

  /** Resolves when everything that has arrived is written, or never will be; also after the stop. */
  async flushed(): Promise<void> {
    await Promise.all([this.#stdout.flushed(), this.#stderr.flushed()]);
  }

  stop(): void {
    this.#isStopped = true;
    this.#channel.hold(false);
  }

  #writer(sink: ByteSink, name: string): StreamWriter {
    const writer: StreamWriter = new StreamWriter(sink, {
      onPressure: (isHigh) => {
        if (isHigh) this.#pressed.add(writer);
        else this.#pressed.delete(writer);
        this.#channel.hold(this.#pressed.size > 0);
      },
      onFailure: (error) => this.#onWriteFailure(error, name),
    });
    return writer;
  }

  #onPayload(type: number, payload: Uint8Array): void {
    const { cipher } = this.#handshake;
    try {
      const bytes = cipher === undefined ? payload : cipher.open(type, payload);
      if (type === PAYLOAD_TYPE.output) this.#write(this.#stdout, bytes);
      else if (type === PAYLOAD_TYPE.stdErr) this.#write(this.#stderr, bytes);
      else if (type === PAYLOAD_TYPE.exitCode) this.#exitCode = parseExitCode(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#breakOff(error.message);
    }
  }

  #write(writer: StreamWriter, bytes: Uint8Array): void {
    this.#options.events.onBytes({ up: 0, down: bytes.byteLength });
    writer.push(bytes);
  }

  #onWriteFailure(error: unknown, name: string): void {
    if (this.#isStopped) return;
    if (!(error instanceof Deno.errors.BrokenPipe)) {
      return this.#breakOff(`${name} could not be written: ${messageOf(error)}`);
    }
    this.#hasReader = false;
    this.#options.events.onFinished();
  }

  #breakOff(reason: string): void {
    if (!this.#isStopped) this.#options.events.onBroken(reason);
  }
}
