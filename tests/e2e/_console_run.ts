/**
 * Runs the `console` blocks of documents against a sandbox and compares what is printed.
 *
 * A block is a list of `$ ` lines, each with the output below it, as a terminal shows both.
 *
 * - `$ [NAME=VALUE…] ec2-connect …` runs the real command. A line `...` in its output stands for any
 *   number of lines. Where a forward or a sandbox gets ready, it stays open until the output is there,
 *   or what of it stands before a line `^C`; then it is interrupted and must exit 0. With `$ echo $?`
 *   behind it and no `^C`, it has to end by itself.
 * - `$ echo $?` compares the exit status of the command before.
 * - `$ curl [-s] [-d BODY] URL` is done by this test, so that curl need not be installed.
 * - `$ cat FILE` compares a file that an earlier block wrote.
 * - Programs in `NOT_RUN` are not run. Any other is an error, so that no block is left out by a slip.
 *
 * Comments before the fence, invisible in the document, set the stage:
 *
 * - `<!-- test: env NAME=VALUE -->`: a variable; none without a value.
 * - `<!-- test: file NAME -->`: before a block of another language: it is written to that file, in the
 *   folder where the later blocks of the document run.
 * - `<!-- test: fault {…} -->`: this fault is on. `<!-- test: then {…} -->`: it strikes as soon as the
 *   forward is ready; `then connect`: a local program connects.
 * - `<!-- test: taken PORT -->`, `closed PORT`, `hanging PORT`: somebody else's port, nobody's, or one
 *   that answers nothing.
 * - `<!-- test: alongside -->`: in another terminal, while the block before is still running.
 * - `<!-- test: skip WHY -->`: it cannot be run here.
 * - `<!-- test: from source -->`: the executable prints something else, which the text around says.
 *
 * Ports are free ones each time; `_console_ports.ts` knows what documents call them.
 *
 * @module
 */
import { join } from "node:path";
import type { Fault } from "../../src/sandbox/mod.ts";
import { Child, childEnvironment, commandLine, runsExecutable } from "../support/command.ts";
import { type Block, type ConsoleCommand, parseCommands, splitWords } from "./_console_blocks.ts";
import { freePort, normalise, PortMap } from "./_console_ports.ts";
import { World } from "./_world.ts";

/** What documents show and this test leaves alone. */
const NOT_RUN = ["export", "psql", "pg_dump", "ssh", "aws", "git", "cd", "npx", "deno", "unset"];
const BLOCK_TIMEOUT_MS = 30_000;
/** As a terminal shows Ctrl-C. */
const INTERRUPT_KEY = "^C";
const IS_READY = /^Forwarding |^\{"event":"ready"|^Serving until/;

/**
 * Runs a block, and those behind it that run alongside.
 *
 * @returns One text for each difference; empty when the document tells the truth.
 */
export async function runChain(
  chain: readonly Block[],
  files: readonly Block[],
): Promise<string[]> {
  const isSkipped = chain[0]!.directives.some(({ name, rest }) =>
    name === "skip" || (name === "from" && rest === "source" && runsExecutable())
  );
  if (isSkipped) return [];
  await using world = await World.open();
  const run = new ChainRun(world);
  try {
    for (const file of files) await run.file(file);
    await run.block(chain);
  } finally {
    run.release();
  }
  return run.differences;
}

class ChainRun {
  readonly differences: string[] = [];
  readonly #world: World;
  readonly #ports: PortMap;
  readonly #held: Disposable[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#ports = new PortMap(world.sandbox);
  }

  release(): void {
    for (const each of this.#held) each[Symbol.dispose]();
  }

  async file({ directives, lines }: Block): Promise<void> {
    const { rest } = directives.find(({ name }) => name === "file")!;
    const text = lines.join("\n") + "\n";
    this.#ports.reserve(text);
    await Deno.writeTextFile(join(this.#world.path, rest), this.#ports.toReal(text));
  }

  async block([block, ...alongside]: readonly Block[]): Promise<void> {
    if (block === undefined) return;
    const env = this.#setStage(block);
    const commands = parseCommands(block);
    let status = 0;
    for (const [index, command] of commands.entries()) {
      const text = command.text.replace(/^(?:[A-Z_\d]+=\S* )+/, (variables) => {
        for (const [name, value] of variables.trim().split(" ").map(splitVariable)) {
          env[name] = value;
        }
        return "";
      });
      const [program] = text.split(" ", 1);
      const where = `${block.document}:${block.line}: $ ${command.text}`;
      if (program === "ec2-connect") {
        // What runs alongside does so while the block's last forward is open.
        const isLast = !commands.slice(index + 1).some((each) => each.text.includes("ec2-connect"));
        status = await this.#command({ ...command, text }, {
          where,
          env,
          block,
          isChecked: commands[index + 1]?.text === "echo $?",
          meanwhile: isLast ? alongside : [],
        });
      } else if (command.text === "echo $?") {
        this.#compare(where, command.output, [String(status)]);
      } else if (program === "curl") {
        this.#compare(where, command.output, await this.#curl(text));
      } else if (program === "cat") {
        const path = join(this.#world.path, text.slice("cat ".length));
        this.#compare(where, command.output, (await Deno.readTextFile(path)).trimEnd().split("\n"));
      } else if (!NOT_RUN.includes(program!)) {
        this.differences.push(`${where}\nis neither run nor known as one that is not`);
      }
    }
  }

  #setStage(block: Block): Record<string, string> {
    const env: Record<string, string> = {};
    for (const { name, rest } of block.directives) {
      if (name === "env") {
        const [variable, value] = splitVariable(rest);
        env[variable] = value;
      } else if (name === "fault") this.#world.sandbox.faults.apply(JSON.parse(rest) as Fault);
      else if (name === "closed") this.#ports.set(Number(rest), freePort());
      else if (name === "taken" || name === "hanging") {
        const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        this.#held.push({ [Symbol.dispose]: () => listener.close() });
        this.#ports.set(Number(rest), listener.addr.port);
      } else if (!["then", "alongside", "from"].includes(name)) {
        throw new Error(`${block.document}:${block.line}: unknown comment "test: ${name}"`);
      }
    }
    return env;
  }

  /** @returns The exit status. */
  async #command(
    command: ConsoleCommand,
    options: {
      where: string;
      env: Record<string, string>;
      block: Block;
      isChecked: boolean;
      meanwhile: readonly Block[];
    },
  ): Promise<number> {
    const { where, block } = options;
    this.#ports.reserve(command.text + " ");
    const [, ...args] = splitWords(this.#ports.toReal(command.text));
    const [program, before] = commandLine();
    await using child = new Child(
      // One stream, as a terminal shows it.
      new Deno.Command("/bin/sh", {
        args: ["-c", 'exec "$@" 2>&1', "sh", program, ...before, ...args],
        env: childEnvironment({ ...this.#world.env, ...options.env }),
        clearEnv: true,
        cwd: this.#world.path,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    // Ended by now or not: what it printed is compared either way.
    const timer = setTimeout(() => child[Symbol.asyncDispose](), BLOCK_TIMEOUT_MS);
    this.#held.push({ [Symbol.dispose]: () => clearTimeout(timer) });
    const endsItself = args.includes("--") || args.includes("--background");
    const serves = command.output.some((line) => IS_READY.test(line)) && !endsItself;
    if (serves && await this.#seen(child, (line) => IS_READY.test(line))) {
      for (const { name, rest } of block.directives) {
        if (name === "then") await this.#then(rest, child);
      }
      await this.block(options.meanwhile);
      const keyAt = command.output.indexOf(INTERRUPT_KEY);
      const awaited = keyAt < 0 ? command.output.length : keyAt;
      const isThere = await this.#seen(child, () => child.lines.length >= awaited);
      if (isThere && (keyAt >= 0 || !options.isChecked)) interrupt(child);
    }
    const { code, stdout: printed } = await child.result();
    clearTimeout(timer);
    // Some servers end their lines as terminals do.
    const stdout = printed.replaceAll(/\r$/gm, "");
    // Forwards that are opened at a time get ready in any order.
    const hasOrder = !args.includes("--") && args[0] !== "up" &&
      args.filter((arg) => arg === "-L").length < 2;
    const documented = command.output.filter((line) => line !== INTERRUPT_KEY);
    this.#compare(where, documented, stdout === "" ? [] : stdout.split("\n"), hasOrder);
    if (serves && !options.isChecked && code !== 0) {
      this.differences.push(`${where}\nwas interrupted and exited ${code}`);
    }
    return code;
  }

  /** Reads lines until one fits; false when the command ends before. */
  async #seen(child: Child, fits: (line: string) => boolean): Promise<boolean> {
    if (child.lines.some(fits)) return true;
    try {
      while (!fits(await child.line()));
      return true;
    } catch {
      return false;
    }
  }

  async #then(what: string, child: Child): Promise<void> {
    if (what !== "connect") {
      this.#world.sandbox.faults.apply(JSON.parse(what) as Fault);
      return;
    }
    const [, port] = /(?:Forwarding \S+?:|"local_port":)(\d+)/.exec(child.lines.join("\n"))!;
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    this.#held.push(conn);
  }

  async #curl(text: string): Promise<string[]> {
    const words = splitWords(this.#ports.toReal(text)).slice(1).filter((word) => word !== "-s");
    const [url, body] = words[0] === "-d" ? [words[2]!, words[1]!] : [words[0]!, undefined];
    const init = body === undefined ? {} : { method: "POST", body };
    const headers = { connection: "close" };
    const answer = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(10_000) });
    return (await answer.text()).trimEnd().split("\n");
  }

  #compare(where: string, documented: string[], printed: string[], hasOrder = true): void {
    const context = { ports: this.#ports, home: this.#world.path };
    const wanted = documented.map((line) => normalise(this.#ports.toReal(line), context));
    const found = printed.map((line) => normalise(line, context));
    const isSame = hasOrder
      ? fits(wanted, found)
      : wanted.toSorted().join("\n") === found.toSorted().join("\n");
    if (isSame) return;
    this.differences.push(
      `${where}\n--- documented\n${wanted.join("\n")}\n--- printed\n${found.join("\n")}`,
    );
  }
}

/** Whether the lines are the same; `...` stands for any number of them. */
function fits(wanted: readonly string[], found: readonly string[]): boolean {
  const [line, ...rest] = wanted;
  if (line === undefined) return found.length === 0;
  if (line === "...") {
    return found.some((_, index) => fits(rest, found.slice(index))) || rest.length === 0;
  }
  return found[0] === line && fits(rest, found.slice(1));
}

/** Ctrl-C; one that has ended by itself shows in what it printed. */
function interrupt(child: Child): void {
  try {
    child.process.kill("SIGINT");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

function splitVariable(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  return [text.slice(0, equals), text.slice(equals + 1)];
}
