/**
 * Runs the real command as a child process and reads what it prints.
 *
 * `EC2_CONNECT_TEST_EXECUTABLE` names a compiled executable to run in place of the source.
 *
 * @module
 */

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

function executable(): string | undefined {
  return Deno.env.get("EC2_CONNECT_TEST_EXECUTABLE") || undefined;
}

/** Whether a compiled executable is under test, with its permissions, and not the source. */
export function runsExecutable(): boolean {
  return executable() !== undefined;
}

/** The program and the arguments that come before the command's own. */
export function commandLine(): [program: string, args: string[]] {
  const compiled = executable();
  if (compiled !== undefined) return [compiled, []];
  return [Deno.execPath(), ["run", "--allow-all", "--quiet", MAIN]];
}

/** Variables that would let a test depend on the machine it runs on. */
const CLEARED = /^(AWS_|EC2_CONNECT_|HTTPS?_PROXY$|NO_PROXY$|ALL_PROXY$)/i;

/** The environment of a child: this one's without what concerns AWS and proxies, and `extra`. */
export function childEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !CLEARED.test(name));
  return {
    ...Object.fromEntries(inherited),
    AWS_EC2_METADATA_DISABLED: "true",
    DENO_NO_UPDATE_CHECK: "1",
    ...extra,
  };
}

export interface CommandOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: "null" | "piped";
}

/** A finished command. */
export interface CommandResult {
  code: number;
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
}

/** A running command whose standard output is read line by line. */
export class Child implements AsyncDisposable {
  readonly process: Deno.ChildProcess;
  /** All lines of standard output so far. */
  readonly lines: string[] = [];
  readonly #reading: Promise<void>;
  readonly #stderr: Promise<string>;
  /** Lines that nobody has asked for yet start here. */
  #next = 0;
  #isOver = false;
  #wake = Promise.withResolvers<void>();
  #stderrText = "";

  constructor(process: Deno.ChildProcess) {
    this.process = process;
    this.#reading = this.#read(process.stdout);
    this.#stderr = this.#collect(process.stderr);
  }

  /** What standard error holds so far. */
  get stderrSoFar(): string {
    return this.#stderrText;
  }

  /** The next line of standard output. @throws When the command ends without another one. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.lines[this.#next];
      if (line !== undefined) {
        this.#next++;
        return line;
      }
      if (this.#isOver) {
        throw new Error(`the command ended; stderr: ${await this.#stderr}`);
      }
      await this.#wake.promise;
    }
  }

  /** The next JSON event of this name; others are skipped. @throws As `line`. */
  async event<T>(name: string): Promise<T & { event: string }> {
    for (;;) {
      const event = JSON.parse(await this.line());
      if (event.event === name) return event;
    }
  }

  /** Sends a signal and waits for the end; the exit code. */
  async interrupt(signal: Deno.Signal = "SIGINT"): Promise<number> {
    this.process.kill(signal);
    return (await this.result()).code;
  }

  /** Waits for the end. */
  async result(): Promise<CommandResult> {
    const [status, stderr] = await Promise.all([this.process.status, this.#stderr, this.#reading]);
    return { code: status.code, signal: status.signal, stdout: this.lines.join("\n"), stderr };
  }

  /** Ends the command if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.result();
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines);
      this.#wakeUp();
    }
    if (rest !== "") this.lines.push(rest);
    this.#isOver = true;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#stderrText += text;
    return this.#stderrText;
  }
}

/** Starts the command with `args`. */
export function startCommand(args: string[], options: CommandOptions = {}): Child {
  const [program, before] = commandLine();
  const command = new Deno.Command(program, {
    args: [...before, ...args],
    env: childEnvironment(options.env),
    clearEnv: true,
    stdin: options.stdin ?? "null",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return new Child(command.spawn());
}

/** Runs the command to its end. */
export async function runCommand(
  args: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  await using child = startCommand(args, options);
  return await child.result();
}
