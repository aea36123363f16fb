/**
 * The agent's plugins with a terminal: a shell, or one command.
 *
 * Source: agent shell.go executeCommandsWithPty, shell_unix.go; protocol text §8.2.
 *
 * @module
 */
import { messageOf } from "../../errors/mod.ts";
import { openTerminal } from "../pty/open_terminal.ts";
import type { CommandPlan, Terminal, TerminalSize } from "../pty/terminal.ts";
import type { Verdict } from "./channel.ts";
import { OutputSender } from "./output_sender.ts";
import { type AgentPlugin, PAYLOAD, type PluginHost, RECEIVE_BUDGET_BYTES } from "./plugin.ts";

export interface TerminalPluginOptions {
  mode: "shell" | "interactive";
  /** Where and as whom it runs. @throws {Error} When it cannot. */
  plan(): Promise<CommandPlan>;
  /** Typed into the shell when it starts; empty for nothing. */
  profile: string;
  /** From the start to the first output. */
  firstOutputMs: number;
  /** From a failed start to the end of the session. */
  startFailureMs: number;
}

type State =
  | { phase: "starting" }
  | { phase: "running"; terminal: Terminal }
  | { phase: "closed"; gone: Promise<void> };

export class TerminalPlugin implements AgentPlugin {
  readonly mode: "shell" | "interactive";
  readonly connections = 0;
  readonly #host: PluginHost;
  readonly #options: TerminalPluginOptions;
  readonly #sender: OutputSender;
  #state: State = { phase: "starting" };
  #opening: Promise<void> = Promise.resolve();
  #unwrittenBytes = 0;
  #timer: number | undefined;

  constructor(host: PluginHost, options: TerminalPluginOptions) {
    this.#host = host;
    this.#options = options;
    this.mode = options.mode;
    this.#sender = new OutputSender(host, {
      payloadType: PAYLOAD.output,
      source: {
        read: () => this.#terminal?.read(),
        onSent: () => host.finish(),
      },
    });
  }

  get isBlocked(): boolean {
    return this.#unwrittenBytes >= RECEIVE_BUDGET_BYTES;
  }

  start(): void {
    this.#opening = this.#open();
  }

  takeOutput(payload: Uint8Array): Verdict {
    if (this.#state.phase === "starting") return "not_ready";
    this.#write(payload);
    return "processed";
  }

  takeSize(payload: Uint8Array): Verdict {
    if (this.#state.phase === "starting") return "not_ready";
    const size = readSize(payload);
    // An error while it is processed: not acknowledged, so it comes again.
    if (size === undefined) return "not_ready";
    this.#terminal?.resize(size);
    return "processed";
  }

  onRoom(): void {
    this.#sender.pump();
  }

  close(): Promise<void> {
    const state = this.#state;
    if (state.phase === "closed") return state.gone;
    clearTimeout(this.#timer);
    this.#sender.close();
    // One that is still being opened is closed as soon as it is there.
    const gone = state.phase === "running" ? state.terminal.close() : this.#opening;
    this.#state = { phase: "closed", gone };
    return gone;
  }

  get #terminal(): Terminal | undefined {
    return this.#state.phase === "running" ? this.#state.terminal : undefined;
  }

  async #open(): Promise<void> {
    let terminal: Terminal;
    try {
      terminal = await openTerminal(await this.#options.plan(), {
        onData: (bytes) => this.#sender.take(bytes),
        onExit: () => this.#sender.end(),
        onWritten: (byteCount) => this.#onWritten(byteCount),
      });
    } catch (error) {
      return this.#failLater(`Unable to start command: ${messageOf(error)}\n`);
    }
    if (this.#state.phase === "closed") return await terminal.close();
    this.#state = { phase: "running", terminal };
    if (this.#options.profile.trim() !== "") {
      this.#write(new TextEncoder().encode(`${this.#options.profile}\n`));
    }
    this.#host.becameReady();
    this.#timer = Number(setTimeout(() => this.#sender.start(), this.#options.firstOutputMs));
  }

  #failLater(text: string): void {
    if (this.#state.phase === "closed") return;
    this.#timer = Number(setTimeout(() => this.#host.fail(text), this.#options.startFailureMs));
  }

  #write(bytes: Uint8Array): void {
    const terminal = this.#terminal;
    if (terminal === undefined) return;
    this.#unwrittenBytes += bytes.byteLength;
    terminal.write(bytes);
    // Being blocked changes what may be sent.
    if (this.isBlocked) this.#sender.pump();
  }

  #onWritten(byteCount: number): void {
    const wasBlocked = this.isBlocked;
    this.#unwrittenBytes -= byteCount;
    if (wasBlocked && !this.isBlocked) this.#host.unblocked();
  }
}

/** `undefined` for what is no size. */
function readSize(payload: Uint8Array): TerminalSize | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { cols, rows } = json as { cols?: unknown; rows?: unknown };
  return isCount(cols) && isCount(rows) ? { columns: cols, rows } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
