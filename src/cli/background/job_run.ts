/**
 * Runs one `connect` for another process: its output goes to that process until the forwards are
 * ready, and to the log from then on.
 *
 * @module
 */
import { toAppError } from "../../errors/mod.ts";
import type { Clock, RotatingLog, StopSignal } from "../../platform/mod.ts";
import type { Hosting } from "../hosting.ts";
import type { Io } from "../io.ts";
import { reporterFor, run } from "../mod.ts";
import { TextOutput } from "../text_output.ts";
import { jobEnvironment } from "./environment.ts";
import { type ConnectMessage, type ConnectRequest, messageLine } from "./wire.ts";

/** What jobs have of their host. */
export interface JobSurroundings {
  hosting: Hosting;
  io: Pick<Io, "os" | "env" | "clock">;
  log: RotatingLog;
}

/** Longest wait for the reader of the answer. */
const FLUSH_TIMEOUT_MS = 2_000;

export class JobRun {
  /** The answer to who asked. Cancelled when they have gone. */
  readonly answer: ReadableStream<Uint8Array>;
  /** Resolves when the command has ended. Never rejects. */
  readonly ended: Promise<void>;
  readonly #surroundings: JobSurroundings;
  readonly #stopListeners = new Set<(signal: StopSignal) => void>();
  readonly #output: TextOutput;
  /** Undefined when nobody reads the answer any more. */
  #asker: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isReady = false;
  /** A signal that came before the command listened for any. */
  #earlySignal: StopSignal | undefined;

  constructor(request: ConnectRequest, surroundings: JobSurroundings) {
    this.#surroundings = surroundings;
    this.#output = new TextOutput({
      stdout: this.#writer("stdout"),
      stderr: this.#writer("stderr"),
    });
    this.answer = new ReadableStream({
      start: (controller) => {
        this.#asker = controller;
      },
      cancel: () => {
        this.#asker = undefined;
        // Who asked has been interrupted before the forwards were ready, and wants none.
        if (!this.#isReady) this.stop("SIGINT");
      },
    });
    this.ended = this.#run(request);
  }

  /** As a signal to the command, were it a process. */
  stop(signal: StopSignal): void {
    if (this.#stopListeners.size === 0) this.#earlySignal ??= signal;
    for (const listener of [...this.#stopListeners]) listener(signal);
  }

  async #run(request: ConnectRequest): Promise<void> {
    let code: number;
    try {
      code = await run(request.args, this.#io(request));
    } catch (error) {
      const { clock } = this.#surroundings.io;
      code = await this.#refuse(error, request.args, clock);
    }
    this.#tell({ type: "exit", code });
    this.#letGo();
  }

  /** What keeps the command from being run at all. */
  async #refuse(error: unknown, args: string[], clock: Clock): Promise<number> {
    const known = toAppError(error);
    reporterFor(args, { output: this.#output, clock, env: {}, terminal: NO_TERMINAL }).error(known);
    await this.#output.flush(FLUSH_TIMEOUT_MS);
    return known.exitCode;
  }

  #io({ env, instance, settingsTold }: ConnectRequest): Io {
    const { io, hosting } = this.#surroundings;
    return {
      os: io.os,
      clock: io.clock,
      env: jobEnvironment(io.env, env),
      terminal: NO_TERMINAL,
      columns: () => 80,
      rows: () => 24,
      output: this.#output,
      onStopSignal: (listener) => {
        this.#stopListeners.add(listener);
        // Not at once: whoever registers is still being made.
        if (this.#earlySignal !== undefined) queueMicrotask(() => listener(this.#earlySignal!));
        return { [Symbol.dispose]: () => this.#stopListeners.delete(listener) };
      },
      job: {
        hosting,
        instance: instance ?? undefined,
        settingsTold,
        onReady: () => this.#onReady(),
      },
    };
  }

  async #onReady(): Promise<void> {
    this.#isReady = true;
    await this.#output.flush(FLUSH_TIMEOUT_MS);
    this.#tell({ type: "ready" });
    this.#letGo();
  }

  #writer(stream: "stdout" | "stderr"): (bytes: Uint8Array) => Promise<number> {
    const decoder = new TextDecoder();
    return async (bytes) => {
      const text = decoder.decode(bytes, { stream: true });
      if (this.#asker === undefined) await this.#log(text);
      else this.#tell({ type: "output", stream, text });
      return bytes.byteLength;
    };
  }

  async #log(text: string): Promise<void> {
    const { io, log } = this.#surroundings;
    await log.write(`${new Date(io.clock.epochMs()).toISOString()} ${text}`);
  }

  #tell(message: ConnectMessage): void {
    this.#asker?.enqueue(messageLine(message));
  }

  #letGo(): void {
    this.#asker?.close();
    this.#asker = undefined;
  }
}

const NO_TERMINAL = { stdin: false, stdout: false, stderr: false };
