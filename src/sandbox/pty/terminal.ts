/**
 * A command on a pseudo-terminal of this machine.
 *
 * @module
 */
import type { TerminalSize } from "./frames.ts";

export type { TerminalSize } from "./frames.ts";

/** What is run, where, and with which variables and no others. */
export interface CommandPlan {
  /** Program and arguments. */
  command: readonly string[];
  folder: string;
  environment: Readonly<Record<string, string>>;
}

export interface TerminalEvents {
  /** What the command prints, after `read` asked for it. */
  onData(bytes: Uint8Array): void;
  /** The command has ended and all it printed was given. Not called after `close`. */
  onExit(): void;
  /** Bytes that `write` took are with the terminal now. */
  onWritten(byteCount: number): void;
}

export interface Terminal {
  /** Process id of the command, the leader of the terminal's session. */
  readonly pid: number;
  /** Asks for the next bytes; does nothing while a read is under way. */
  read(): void;
  /** Types bytes; the view is kept until `onWritten` counts them. */
  write(bytes: Uint8Array): void;
  resize(size: TerminalSize): void;
  /** Hangs up: ends the command and what it started. Resolves when they are gone. */
  close(): Promise<void>;
}
