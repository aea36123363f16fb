/**
 * The agent's plugin for one command without a terminal.
 *
 * Source: agent shell.go processCommandsWithExec, processCommandsWithOutputStreamSeparate; protocol
 * text §8.2.
 *
 * @module
 */
import { join } from "node:path";
import { messageOf } from "../../errors/mod.ts";
import { type CommandSignal, PlainProcess } from "../pty/plain_process.ts";
import type { CommandPlan } from "../pty/terminal.ts";
import type { CommandOutput } from "../session_work.ts";
import type { Verdict } from "./channel.ts";
import { FileOutput, type OutputReader, PipeOutput } from "./command_output.ts";
import { type AgentPlugin, PAYLOAD, type PluginHost } from "./plugin.ts";
import { splitWords } from "./word_list.ts";

export interface CommandPluginOptions {
  commandLine: string;
  output: CommandOutput;
  /** Where and as whom the words run. @throws {Error} When they cannot. */
  plan(words: readonly string[]): Promise<CommandPlan>;
  /** From a command that cannot be prepared to the text that says so. */
  startFailureMs: number;
}

/** Source: agent appconfig/constants.go ByteControlSignalsLinux. */
const SIGNALS: Readonly<Record<number, CommandSignal>> = { 0x03: "SIGINT", 0x1c: "SIGQUIT" };

/** Source: agent appconfig/constants.go ErrorExitCode. */
const ERROR_EXIT_CODE = 1;

export class CommandPlugin implements AgentPlugin {
  readonly mode = "command";
  readonly connections = 0;
  readonly isBlocked = false;
  readonly #host: PluginHost;
  readonly #options: CommandPluginOptions;
  #process: PlainProcess | undefined;
  #readers: OutputReader[] = [];
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;
  #timer: number | undefined;
  #file: string | undefined;

  constructor(host: PluginHost, options: CommandPluginOptions) {
    this.#host = host;
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  takeOutput(payload: Uint8Array): Verdict {
    for (const byte of payload) {
      const signal = SIGNALS[byte];
      if (signal === undefined) continue;
      this.#process?.signal(signal);
      break;
    }
    return "processed";
  }

  onRoom(): void {
    for (const reader of this.#readers) reader.pump();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const reader of this.#readers) reader.close();
    await this.#process?.close();
    await this.#running;
    if (this.#file !== undefined) await Deno.remove(this.#file).catch(() => {});
  }

  async #run(): Promise<void> {
    let plan: CommandPlan;
    try {
      plan = await this.#plan();
    } catch (error) {
      return this.#failLater(`Unable to start command: ${messageOf(error)}\n`);
    }
    try {
      if (this.#options.output.isSeparate) await this.#runApart(plan);
      else await this.#runMerged(plan);
    } catch (error) {
      if (this.#isClosed) return;
      const text = `Error occurred starting the command: ${messageOf(error)}\n`;
      if (this.#options.output.isSeparate) this.#sendExitCode(ERROR_EXIT_CODE);
      this.#host.send(PAYLOAD.stdErr, new TextEncoder().encode(text));
      this.#host.fail(text);
    }
  }

  async #plan(): Promise<CommandPlan> {
    const { commandLine, plan } = this.#options;
    if (commandLine.trim() === "") return await plan(["sh"]);
    let words: string[];
    try {
      words = splitWords(commandLine);
      if (words.length === 0) throw new Error("there is no command in it");
    } catch (error) {
      throw new Error(`Failed to parse commands input: ${messageOf(error)}\n`);
    }
    return await plan(words);
  }

  /** Both streams into a file, which is sent when the command has ended. */
  async #runMerged(plan: CommandPlan): Promise<void> {
    this.#file = join(plan.folder, `.output-${crypto.randomUUID()}`);
    this.#process = await PlainProcess.start(plan, this.#file);
    // A session that was ended meanwhile did not know of the process.
    if (this.#isClosed) return await this.#process.close();
    await this.#process.status();
    if (this.#isClosed) return;
    await this.#send([await FileOutput.open(this.#host, this.#file)]);
    this.#host.finish();
  }

  /** Both streams as they come, then the exit code. */
  async #runApart(plan: CommandPlan): Promise<void> {
    const process = await PlainProcess.start(plan, undefined);
    this.#process = process;
    const { stdoutPrefix, stderrPrefix } = this.#options.output;
    const outputs = [
      new PipeOutput(this.#host, process.stdout, {
        payloadType: PAYLOAD.output,
        prefix: stdoutPrefix,
      }),
      new PipeOutput(this.#host, process.stderr, {
        payloadType: PAYLOAD.stdErr,
        prefix: stderrPrefix,
      }),
    ];
    if (this.#isClosed) {
      for (const output of outputs) output.close();
      return await process.close();
    }
    await this.#send(outputs);
    const status = await process.status();
    if (this.#isClosed) return;
    if (this.#host.isActive()) this.#sendExitCode(status);
    if (outputs.every((output) => output.isWhole)) this.#host.finish();
    else this.#host.fail("");
  }

  async #send(readers: OutputReader[]): Promise<void> {
    this.#readers = readers;
    await Promise.all(readers.map((reader) => reader.done));
  }

  #sendExitCode(code: number): void {
    this.#host.send(PAYLOAD.exitCode, new TextEncoder().encode(`EXIT_CODE: ${code}`));
  }

  #failLater(text: string): void {
    if (this.#isClosed) return;
    this.#timer = Number(setTimeout(() => {
      this.#host.send(PAYLOAD.stdErr, new TextEncoder().encode(text));
      this.#host.fail(text);
    }, this.#options.startFailureMs));
  }
}
