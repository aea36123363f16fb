/**
 * Where the output of a command without a terminal is read from: its two pipes, or the file that took
 * both.
 *
 * @module
 */
import { OutputSender } from "./output_sender.ts";
import { PAYLOAD, type PluginHost } from "./plugin.ts";

export interface OutputReader {
  /** All was sent, or nothing more will be. */
  readonly done: Promise<void>;
  /** There may be room for more. */
  pump(): void;
  close(): void;
}

/**
 * One stream of a running command.
 *
 * Source: agent shell.go setupRoutineToWriteCmdPipelineOutput: before each reading it looks whether
 * the client is there; if not it gives up for good, and the rest of that stream is lost.
 */
export class PipeOutput implements OutputReader {
  readonly done: Promise<void>;
  readonly #host: PluginHost;
  readonly #sender: OutputSender;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #finished = Promise.withResolvers<void>();
  #isReading = false;
  #isWhole = false;
  #isClosed = false;

  constructor(
    host: PluginHost,
    stream: ReadableStream<Uint8Array>,
    options: { payloadType: number; prefix: string },
  ) {
    this.#host = host;
    this.#reader = stream.getReader();
    this.done = this.#finished.promise;
    this.#sender = new OutputSender(host, {
      ...options,
      source: {
        read: () => this.#read(),
        onSent: () => {
          this.#isWhole = true;
          this.close();
        },
      },
    });
    this.#sender.start();
  }

  /** Whether all of the stream was sent. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  pump(): void {
    this.#sender.pump();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sender.close();
    this.#reader.cancel().catch(() => {});
    this.#finished.resolve();
  }

  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#reader.read().catch(() => ({ done: true, value: undefined } as const)).then((read) => {
      this.#isReading = false;
      if (this.#isClosed) return;
      if (read.done) return this.#sender.end();
      this.#sender.take(read.value);
      if (this.#host.isActive()) return;
      this.#sender.flush();
      this.close();
    });
  }
}

const READ_BYTES = 32 * 1024;

/** A file that is complete. */
export class FileOutput implements OutputReader {
  readonly done: Promise<void>;
  readonly #file: Deno.FsFile;
  readonly #sender: OutputSender;
  readonly #finished = Promise.withResolvers<void>();
  readonly #buffer = new Uint8Array(READ_BYTES);
  #isReading = false;
  #isClosed = false;

  private constructor(host: PluginHost, file: Deno.FsFile) {
    this.#file = file;
    this.done = this.#finished.promise;
    this.#sender = new OutputSender(host, {
      payloadType: PAYLOAD.output,
      source: { read: () => this.#read(), onSent: () => this.close() },
    });
    this.#sender.start();
  }

  /** @throws {Error} When there is no such file. */
  static async open(host: PluginHost, path: string): Promise<FileOutput> {
    return new FileOutput(host, await Deno.open(path));
  }

  pump(): void {
    this.#sender.pump();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sender.close();
    this.#file.close();
    this.#finished.resolve();
  }

  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#file.read(this.#buffer).catch(() => null).then((count) => {
      this.#isReading = false;
      if (this.#isClosed) return;
      if (count === null) this.#sender.end();
      else this.#sender.take(this.#buffer.subarray(0, count));
    });
  }
}
