/**
 * A pseudo-terminal that a small Python program holds for us.
 *
 * @module
 */
import { dataFrame, type Frame, FrameParser, sizeFrame, type TerminalSize } from "./frames.ts";
import { programEnvironment } from "./environment.ts";
import { PYTHON_HELPER } from "./python_helper.ts";
import type { CommandPlan, Terminal, TerminalEvents } from "./terminal.ts";

export class PythonTerminal implements Terminal {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #parser: FrameParser;
  readonly #events: TerminalEvents;
  #isReading = false;
  #isClosed = false;

  private constructor(helper: Helper, pid: number, events: TerminalEvents) {
    this.#child = helper.child;
    this.#reader = helper.reader;
    this.#parser = helper.parser;
    this.#writer = helper.child.stdin.getWriter();
    this.#events = events;
    this.pid = pid;
  }

  /** @throws {Error} When Python or the pseudo-terminal cannot be had. */
  static async open(plan: CommandPlan, events: TerminalEvents): Promise<PythonTerminal> {
    const child = startHelper(plan);
    const helper: Helper = {
      child,
      reader: child.stdout.getReader(),
      parser: new FrameParser(),
    };
    const first = await nextFrame(helper);
    if (first?.kind === "started") return new PythonTerminal(helper, first.pid, events);
    await helper.reader.cancel();
    await child.stdin.close();
    await child.status;
    throw new Error("python3 cannot open a pseudo-terminal here");
  }

  read(): void {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    const helper = { reader: this.#reader, parser: this.#parser };
    nextFrame(helper).catch(() => undefined).then((frame) => {
      this.#isReading = false;
      if (this.#isClosed) return;
      if (frame?.kind === "data") this.#events.onData(frame.bytes);
      // Without a status the helper itself was ended: that is the end as well.
      else this.#events.onExit();
    });
  }

  write(bytes: Uint8Array): void {
    this.#send(dataFrame(bytes), () => this.#events.onWritten(bytes.byteLength));
  }

  resize(size: TerminalSize): void {
    this.#send(sizeFrame(size), () => {});
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      // The end of its input tells the helper to hang up; nobody reads what it still has to say.
      await Promise.allSettled([this.#writer.abort(), this.#reader.cancel()]);
    }
    await this.#child.status;
  }

  #send(frame: Uint8Array, onSent: () => void): void {
    if (this.#isClosed) return;
    // What cannot be written is for a terminal that is gone, which `read` finds out.
    this.#writer.write(frame).then(onSent, onSent);
  }
}

interface Helper {
  child: Deno.ChildProcess;
  reader: ReadableStreamDefaultReader<Uint8Array>;
  parser: FrameParser;
}

async function nextFrame(
  { reader, parser }: Pick<Helper, "reader" | "parser">,
): Promise<Frame | undefined> {
  for (;;) {
    const frame = parser.next();
    if (frame !== undefined) return frame;
    const { value, done } = await reader.read();
    if (done) return undefined;
    parser.push(value);
  }
}

function startHelper({ command, folder, environment }: CommandPlan): Deno.ChildProcess {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  // Through the shell: it is the one program that the executable may run.
  return new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'exec python3 -ISc "$@"',
      "sh",
      PYTHON_HELPER,
      folder,
      String(variables.length),
      ...variables,
      ...command,
    ],
    env: programEnvironment(),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}
