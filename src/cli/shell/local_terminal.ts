/**
 * The local end of a shell: a terminal in raw mode with keys for the program itself, or a pipe.
 *
 * @module
 */

import type { ShellTerminal } from "../../session/mod.ts";
import type { Io } from "../io.ts";
import { EscapeKeys } from "./escape_keys.ts";
import type { ShellConsole } from "./parts.ts";
import { ScreenModes } from "./screen_modes.ts";

const HELP = `
Keys at the beginning of a line:
  ~.   leave and end the session
  ~^Z  suspend ec2-connect
  ~~   send a tilde
  ~?   this text
`;
const READ_BYTES = 16 * 1024;
const LINE_FEED = 0x0a;

export class LocalTerminal implements ShellTerminal, Disposable {
  readonly isInteractive: boolean;
  /** Resolves when the person wants to leave. */
  readonly left: Promise<void>;
  readonly #left = Promise.withResolvers<void>();
  readonly #console: ShellConsole;
  readonly #io: Pick<Io, "output" | "terminal">;
  readonly #keys = new EscapeKeys();
  readonly #modes = new ScreenModes();
  /** Keys that were read and not taken yet. */
  #waiting: Uint8Array[] = [];
  #hasLeft = false;
  #isRaw = false;
  #isLineStart = true;

  constructor(console: ShellConsole, io: Pick<Io, "output" | "terminal">) {
    this.#console = console;
    this.#io = io;
    this.isInteractive = io.terminal.stdin;
    this.left = this.#left.promise;
  }

  /** Whether keys go to the shell, and what is said must not look like its output. */
  get isRaw(): boolean {
    return this.#isRaw;
  }

  readonly input = { read: (buffer: Uint8Array) => this.#read(buffer) };

  readonly output = {
    write: async (bytes: Uint8Array): Promise<number> => {
      const count = await this.#console.output.write(bytes);
      if (this.#io.terminal.stdout && count > 0) {
        this.#modes.observe(bytes.subarray(0, count));
        this.#isLineStart = bytes[count - 1] === LINE_FEED;
      }
      return count;
    },
  };

  size() {
    return this.#console.size();
  }

  onResize(listener: () => void): Disposable {
    return this.#console.onResize(listener);
  }

  /** Keys go to the shell from now on. Nothing changes for a pipe. */
  enter(): void {
    if (!this.isInteractive || this.#isRaw) return;
    this.#console.raw.enter();
    this.#setRaw(true);
  }

  /** Gives the terminal back, also from within a full-screen program on the instance. */
  leave(): void {
    if (!this.#isRaw) return;
    const { output, terminal } = this.#io;
    if (terminal.stdout) output.write("stdout", this.#modes.undo);
    this.#console.raw.leave();
    this.#setRaw(false);
    if (terminal.stdout && !this.#isLineStart) output.write("stdout", "\n");
  }

  [Symbol.dispose](): void {
    this.leave();
    this.#console.raw[Symbol.dispose]();
  }

  #setRaw(isRaw: boolean): void {
    const { output, terminal } = this.#io;
    this.#isRaw = isRaw;
    output.raw = (["stdout", "stderr"] as const).filter((name) => isRaw && terminal[name]);
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    if (!this.isInteractive) return await this.#console.input.read(buffer);
    const read = new Uint8Array(READ_BYTES);
    for (;;) {
      const [next] = this.#waiting;
      if (next !== undefined) return this.#give(next, buffer);
      if (this.#hasLeft) return null;
      const count = await this.#console.input.read(read);
      if (count === null) return null;
      this.#onKeys(read.subarray(0, count));
    }
  }

  #give(next: Uint8Array, buffer: Uint8Array): number {
    const count = Math.min(next.byteLength, buffer.byteLength);
    buffer.set(next.subarray(0, count));
    if (count === next.byteLength) this.#waiting.shift();
    else this.#waiting[0] = next.subarray(count);
    return count;
  }

  #onKeys(keys: Uint8Array): void {
    for (const event of this.#keys.take(keys)) {
      if (this.#hasLeft) return;
      switch (event.type) {
        case "bytes":
          this.#waiting.push(event.bytes);
          break;
        case "help":
          this.#io.output.write("stderr", HELP);
          break;
        case "suspend":
          this.#setRaw(false);
          this.#console.raw.suspend();
          this.#setRaw(true);
          break;
        case "leave":
          this.#hasLeft = true;
          this.#left.resolve();
          break;
        default:
          event satisfies never;
      }
    }
  }
}
