/**
 * A pseudo-terminal held by `script` of util-linux, where there is no Python.
 *
 * The terminal's first line is ours: the command's process id and the terminal's name, by which it is
 * resized from outside.
 *
 * @module
 */
import { quoteForShell } from "../../platform/mod.ts";
import type { TerminalSize } from "./frames.ts";
import { programEnvironment } from "./environment.ts";
import type { CommandPlan, Terminal, TerminalEvents } from "./terminal.ts";

/** Typing is not echoed until the command begins, and nothing is typed before. */
const FIRST_LINE = /^(\d+) (\/dev\/\S+)\r?\n/;

interface Opened {
  child: Deno.ChildProcess;
  reader: ReadableStreamDefaultReader<Uint8Array>;
  pid: number;
  device: string;
  /** What the command printed behind the first line. */
  rest: Uint8Array;
}

export class ScriptTerminal implements Terminal {
  readonly pid: number;
  readonly #opened: Opened;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #events: TerminalEvents;
  #rest: Uint8Array;
  #isReading = false;
  #isClosed = false;
  #resizing: Promise<unknown> = Promise.resolve();

  private constructor(opened: Opened, events: TerminalEvents) {
    this.#opened = opened;
    this.#writer = opened.child.stdin.getWriter();
    this.#events = events;
    this.#rest = opened.rest;
    this.pid = opened.pid;
  }

  /** @throws {Error} When `script` cannot open a pseudo-terminal. */
  static async open(plan: CommandPlan, events: TerminalEvents): Promise<ScriptTerminal> {
    const child = startScript(plan);
    const reader = child.stdout.getReader();
    const decoder = new TextDecoder("latin1");
    let seen = new Uint8Array(0);
    for (;;) {
      const line = FIRST_LINE.exec(decoder.decode(seen));
      if (line !== null) {
        const [whole, pid, device] = line;
        const rest = seen.subarray(whole.length);
        return new ScriptTerminal(
          { child, reader, pid: Number(pid), device: device!, rest },
          events,
        );
      }
      const { value, done } = await reader.read();
      if (done) break;
      seen = new Uint8Array([...seen, ...value]);
    }
    await child.stdin.close();
    await child.status;
    throw new Error("script cannot open a pseudo-terminal here");
  }

  read(): void {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    this.#next().then((bytes) => {
      this.#isReading = false;
      if (this.#isClosed) return;
      if (bytes === undefined) this.#events.onExit();
      else this.#events.onData(bytes);
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const onWritten = () => this.#events.onWritten(bytes.byteLength);
    this.#writer.write(bytes).then(onWritten, onWritten);
  }

  resize({ columns, rows }: TerminalSize): void {
    const { device } = this.#opened;
    const args = [device, String(rows), String(columns)];
    // One after the other, so that the last size stays.
    this.#resizing = this.#resizing.then(() => runShell('stty -F "$1" rows "$2" cols "$3"', args));
  }

  async close(): Promise<void> {
    const { child, reader } = this.#opened;
    if (!this.#isClosed) {
      this.#isClosed = true;
      await this.#resizing;
      await runShell(HANG_UP, [String(this.pid)]);
      await Promise.allSettled([this.#writer.abort(), reader.cancel()]);
    }
    await child.status;
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#rest.byteLength > 0) {
      const rest = this.#rest;
      this.#rest = new Uint8Array(0);
      return rest;
    }
    try {
      const { value, done } = await this.#opened.reader.read();
      return done ? undefined : value;
    } catch {
      return undefined;
    }
  }
}

/** Every process of the command's session, politely and then not. */
const HANG_UP = `
pkill -HUP -s "$1"; pkill -CONT -s "$1"
for i in 1 2 3 4 5 6; do pgrep -s "$1" >/dev/null || exit 0; sleep 0.05; done
pkill -KILL -s "$1"`;

/** Says who and where it is, then becomes the command. */
const BEGIN = 'stty -echo; echo "$$ $(tty)"; stty echo; cd -- "$1"; shift; exec env -i "$@"';

function startScript({ command, folder, environment }: CommandPlan): Deno.ChildProcess {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const words = ["sh", "-c", BEGIN, "sh", folder, ...variables, ...command].map(quoteForShell).join(
    " ",
  );
  return new Deno.Command("/bin/sh", {
    args: ["-c", 'exec script -qfec "$1" /dev/null', "sh", `exec ${words}`],
    env: programEnvironment(),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function runShell(script: string, args: readonly string[]): Promise<void> {
  await new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", ...args],
    env: programEnvironment(),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}
