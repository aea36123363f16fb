/**
 * Joins a terminal, or what stands for one, to a shell on the instance.
 *
 * Input is read ahead of what the window takes, so that an interrupt is seen while a paste still waits;
 * like a terminal's own driver it then drops what waits. A lost connection stops nothing here: what is
 * typed meanwhile goes out with the next connection.
 *
 * Source: plugin session/shellsession; agent session/shell/shell.go.
 *
 * @module
 */
import { messageOf } from "../errors/mod.ts";
import { encodeTerminalSize, PAYLOAD_TYPE, ProtocolError } from "../protocol/mod.ts";
import type { DataChannel } from "./data_channel.ts";
import { type Forwarder, type ForwarderOptions, sendOutput } from "./forwarder.ts";
import type { ShellHandshake } from "./shell_handshake.ts";
import type { StandardStreams } from "./stdio_forwarder.ts";
import { StreamWriter } from "./stream_writer.ts";

/** Columns and rows. */
export interface TerminalSize {
  cols: number;
  rows: number;
}

/** The local end of a shell. */
export interface ShellTerminal extends StandardStreams {
  /** A person types: an interrupt drops what waits before it. */
  readonly isInteractive: boolean;
  /** As it is now. */
  size(): TerminalSize;
  /** Calls back when the size may have changed, until disposed. */
  onResize(listener: () => void): Disposable;
}

const READ_BYTES = 16 * 1024;
/** What is read ahead of the window: above any paste by hand. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
/** Ctrl-C, Ctrl-\ and Ctrl-Z. */
const INTERRUPTS: readonly number[] = [0x03, 0x1c, 0x1a];
/** Ctrl-D: to a program that reads a terminal, the end of the input. */
const END_OF_INPUT = 0x04;
const LINE_FEED = 0x0a;

export class TerminalForwarder implements Forwarder {
  readonly #channel: DataChannel;
  readonly #terminal: ShellTerminal;
  readonly #handshake: ShellHandshake;
  readonly #options: ForwarderOptions;
  readonly #writer: StreamWriter;
  readonly #resizes: Disposable;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #sentSize: TerminalSize | undefined;
  #isStopped = false;
  #onRoom: () => void = () => {};

  constructor(
    channel: DataChannel,
    { terminal, handshake }: { terminal: ShellTerminal; handshake: ShellHandshake },
    options: ForwarderOptions,
  ) {
    this.#channel = channel;
    this.#terminal = terminal;
    this.#handshake = handshake;
    this.#options = options;
    this.#writer = new StreamWriter(terminal.output, {
      onPressure: (isHigh) => channel.hold(isHigh),
      onFailure: (error) => this.#onOutputFailure(error),
    });
    this.#resizes = terminal.onResize(() => this.#send());
    channel.onRoom = () => this.#send();
    if (handshake.firstOutput !== undefined) this.#onOutput(handshake.firstOutput);
    channel.handlePayloads((type, payload) => this.#onPayload(type, payload));
    this.#send();
    this.#readInput();
  }

  get openConnections(): number {
    return this.#isStopped ? 0 : 1;
  }

  /** The size that the terminal has: nothing changes for the programs in it. */
  heartbeat(): void {
    this.#sendSize(this.#terminal.size());
  }

  /** Resolves when everything that has arrived is written, or never will be; also after the stop. */
  flushed(): Promise<void> {
    return this.#writer.flushed();
  }

  stop(): void {
    this.#isStopped = true;
    this.#resizes[Symbol.dispose]();
    this.#channel.hold(false);
    this.#channel.onRoom = () => {};
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#onRoom();
  }

  // --- To the agent ---

  async #readInput(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    let last = LINE_FEED;
    while (!this.#isStopped) {
      let count: number | null;
      try {
        count = await this.#terminal.input.read(buffer);
      } catch (error) {
        return this.#breakOff(`standard input could not be read: ${messageOf(error)}`);
      }
      if (this.#isStopped) return;
      if (count === null) return this.#onInputEnd(last);
      if (count === 0) continue;
      last = buffer[count - 1]!;
      this.#queue(buffer.slice(0, count));
      while (this.#waitingBytes > MOST_WAITING_BYTES && !this.#isStopped) {
        await new Promise<void>((resolve) => this.#onRoom = resolve);
      }
    }
  }

  #queue(bytes: Uint8Array): void {
    if (this.#terminal.isInteractive && bytes.every((byte) => INTERRUPTS.includes(byte))) {
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    this.#options.events.onBytes({ up: bytes.byteLength, down: 0 });
    this.#send();
  }

  /** What waits, as far as there is room. The size first: a program shall draw for the right one. */
  #send(): void {
    if (this.#isStopped || !this.#channel.hasRoom) return;
    const size = this.#terminal.size();
    const { cols, rows } = size;
    if (cols !== this.#sentSize?.cols || rows !== this.#sentSize.rows) this.#sendSize(size);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const rest = sendOutput(this.#channel, next, this.#handshake.cipher);
      this.#waitingBytes -= next.byteLength - rest.byteLength;
      if (rest.byteLength > 0) {
        this.#waiting[0] = rest;
        return;
      }
      this.#waiting.shift();
    }
    this.#onRoom();
  }

  #sendSize(size: TerminalSize): void {
    this.#sentSize = size;
    this.#channel.send(PAYLOAD_TYPE.size, encodeTerminalSize(size));
  }

  /** A terminal that is gone ends the session; the end of a file is told to the shell. */
  #onInputEnd(last: number): void {
    if (this.#terminal.isInteractive) return this.#options.events.onFinished();
    // In the middle of a line the first one hands the line over, and the second one is the end.
    const isWholeLine = last === LINE_FEED;
    this.#queue(new Uint8Array(isWholeLine ? 1 : 2).fill(END_OF_INPUT));
  }

  // --- From the agent ---

  #onPayload(type: number, payload: Uint8Array): void {
    if (type !== PAYLOAD_TYPE.output && type !== PAYLOAD_TYPE.stdErr) return;
    const { cipher } = this.#handshake;
    try {
      this.#onOutput(cipher === undefined ? payload : cipher.open(type, payload));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#breakOff(error.message);
    }
  }

  #onOutput(bytes: Uint8Array): void {
    this.#options.events.onBytes({ up: 0, down: bytes.byteLength });
    this.#writer.push(bytes);
  }

  #onOutputFailure(error: unknown): void {
    if (this.#isStopped) return;
    // The reader has gone: nobody is left to see a shell.
    if (error instanceof Deno.errors.BrokenPipe) this.#options.events.onFinished();
    else this.#breakOff(`standard output could not be written: ${messageOf(error)}`);
  }

  #breakOff(reason: string): void {
    if (!this.#isStopped) this.#options.events.onBroken(reason);
  }
}
