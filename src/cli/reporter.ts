/**
 * Everything a command says: results on standard output, the rest on standard error.
 *
 * @module
 */

import type { AppError } from "../errors/mod.ts";
import { wantsColour } from "../platform/mod.ts";
import { type OutputFormat, renderError } from "./errors.ts";
import type { Io } from "./io.ts";
import { paint, printable } from "./text.ts";

/** How much is said on standard error. */
export type LogLevel = "error" | "warning" | "info" | "debug" | "trace";

const LEVELS: readonly LogLevel[] = ["error", "warning", "info", "debug", "trace"];

export interface ReporterOptions {
  format: OutputFormat;
  level: LogLevel;
  /** `--no-color` was not given. */
  colour: boolean;
}

/** What of the process is used. */
export type ReporterIo = Pick<Io, "output" | "clock" | "env" | "terminal">;

export class Reporter {
  readonly #io: ReporterIo;
  readonly #options: ReporterOptions;
  readonly #usesColour: boolean;
  #statusText = "";
  /** What waits to be said; undefined: nothing has to. */
  #held: string[] | undefined;

  constructor(io: ReporterIo, options: ReporterOptions) {
    this.#io = io;
    this.#options = { ...options };
    const { terminal, env } = io;
    this.#usesColour = options.colour && wantsColour({ isTerminal: terminal.stderr, env });
  }

  get format(): OutputFormat {
    return this.#options.format;
  }

  /** A setting may choose it where the command line does not. */
  set format(format: OutputFormat) {
    this.#options.format = format;
  }

  get level(): LogLevel {
    return this.#options.level;
  }

  set level(level: LogLevel) {
    this.#options.level = level;
  }

  tells(level: LogLevel): boolean {
    return LEVELS.indexOf(level) <= LEVELS.indexOf(this.#options.level);
  }

  /** A line of the result. @returns False when the reader is too far behind and it was left out. */
  result(line: string): boolean {
    return this.#aroundStatus(() => this.#io.output.write("stdout", line + "\n"));
  }

  /** One JSON object on a line of the result. @returns As `result`. */
  jsonResult(value: Record<string, unknown>): boolean {
    return this.result(JSON.stringify(value));
  }

  error(error: AppError): void {
    const showStack = this.tells("debug");
    this.#say(renderError(error, { format: this.format, colour: this.#usesColour, showStack }));
  }

  warn(message: string, hint?: string): void {
    if (!this.tells("warning")) return;
    const prefix = paint("warning:", "yellow", this.#usesColour);
    const lines = [`${prefix} ${printable(message)}`];
    if (hint !== undefined) lines.push(`  hint: ${printable(hint)}`);
    this.#say(lines.join("\n"));
  }

  /** Something that happened and that the person wants to know. */
  note(message: string): void {
    if (this.tells("info")) this.#say(printable(message));
  }

  /** A line of the debug log. */
  log(level: "debug" | "trace", message: string): void {
    if (!this.tells(level)) return;
    const at = new Date(this.#io.clock.epochMs()).toISOString();
    this.#say(paint(`${at} ${level} ${printable(message)}`, "dim", this.#usesColour));
  }

  /** A line that stays at the bottom of the terminal until the next; empty takes it away. */
  status(text: string): void {
    if (text === this.#statusText) return;
    this.#statusText = text;
    this.#io.output.write("stderr", CLEAR_LINE + text);
  }

  /** Keeps what is said on standard error, until disposed: a list is on the screen. */
  hold(): Disposable {
    const held: string[] = this.#held = [];
    return {
      [Symbol.dispose]: () => {
        this.#held = undefined;
        for (const text of held) this.#say(text);
      },
    };
  }

  #say(text: string): void {
    if (this.#held !== undefined) return void this.#held.push(text);
    this.#aroundStatus(() => this.#io.output.write("stderr", text + "\n"));
  }

  #aroundStatus<T>(write: () => T): T {
    if (this.#statusText === "") return write();
    this.#io.output.write("stderr", CLEAR_LINE);
    const result = write();
    this.#io.output.write("stderr", this.#statusText);
    return result;
  }
}

/** Back to the first column, and clear to the end of the line. */
const CLEAR_LINE = "\r\x1b[K";
