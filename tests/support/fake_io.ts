/**
 * A process that exists only in the test: what a command says is kept, and nothing is asked.
 *
 * @module
 */
import { AppError } from "../../src/errors/mod.ts";
import type { Context } from "../../src/cli/context.ts";
import type { GlobalOptions } from "../../src/cli/invocation.ts";
import type { Io } from "../../src/cli/io.ts";
import { Reporter, type ReporterOptions } from "../../src/cli/reporter.ts";
import { StopRequests } from "../../src/cli/stop.ts";
import { TextOutput, type WriteSome } from "../../src/cli/text_output.ts";
import type { StopSignal } from "../../src/platform/mod.ts";
import { FakeClock } from "./fake_clock.ts";

export interface FakeIoOptions {
  env?: Record<string, string>;
  /** Every standard stream is a terminal. */
  isTerminal?: boolean;
  /** In place of keeping what is written to standard output. */
  writeOut?: WriteSome;
}

export class FakeIo implements Io {
  readonly os = "linux";
  readonly env: Record<string, string>;
  readonly clock = new FakeClock();
  readonly terminal: { stdin: boolean; stdout: boolean; stderr: boolean };
  readonly output: TextOutput;
  readonly #listeners = new Set<(signal: StopSignal) => void>();
  readonly #decoder = new TextDecoder();
  /** Pieces in the order they were written. */
  #written: { stream: "stdout" | "stderr"; text: string }[] = [];

  constructor(options: FakeIoOptions = {}) {
    const isTerminal = options.isTerminal ?? false;
    this.env = { HOME: "/nonexistent", ...options.env };
    this.terminal = { stdin: isTerminal, stdout: isTerminal, stderr: isTerminal };
    const keep = (stream: "stdout" | "stderr"): WriteSome => (bytes) => {
      this.#written.push({ stream, text: this.#decoder.decode(bytes) });
      return Promise.resolve(bytes.byteLength);
    };
    this.output = new TextOutput({
      stdout: options.writeOut ?? keep("stdout"),
      stderr: keep("stderr"),
    });
  }

  columns(): number {
    return 80;
  }

  rows(): number {
    return 24;
  }

  onStopSignal(listener: (signal: StopSignal) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Sends a signal to the process. */
  signal(name: StopSignal): void {
    for (const listener of this.#listeners) listener(name);
  }

  /** How many listen for signals; 0 when a command has cleaned up. */
  get signalListeners(): number {
    return this.#listeners.size;
  }

  /** Everything on standard output so far. */
  async stdout(): Promise<string> {
    return await this.#text("stdout");
  }

  async stderr(): Promise<string> {
    return await this.#text("stderr");
  }

  /** Standard output, a JSON value a line. */
  async events(): Promise<Record<string, unknown>[]> {
    return (await this.stdout()).trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  /** The streams in the order they were written. */
  async transcript(): Promise<string[]> {
    await this.output.flush(1_000);
    return this.#written.map(({ stream, text }) => `${stream}: ${text}`);
  }

  async #text(stream: "stdout" | "stderr"): Promise<string> {
    await this.output.flush(1_000);
    return this.#written.filter((piece) => piece.stream === stream).map(({ text }) => text).join(
      "",
    );
  }
}

/** What a command is run with. */
export function fakeContext(
  io: FakeIo,
  options: { globals?: Partial<GlobalOptions> } & Partial<ReporterOptions> = {},
): Context & Disposable {
  const { globals, ...reporter } = options;
  const stop = new StopRequests(io);
  return {
    io,
    args: [],
    globals: {
      verbosity: 0,
      quiet: false,
      colour: true,
      input: true,
      configPath: undefined,
      ...globals,
    },
    reporter: new Reporter(io, { format: "text", level: "info", colour: false, ...reporter }),
    stop,
    [Symbol.dispose]: () => stop[Symbol.dispose](),
  };
}

/** The `AppError` that `action` ends with. */
export async function refusal(action: () => unknown): Promise<AppError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
