/**
 * Real shells that complete our command lines, in a real terminal: what the program is then called with.
 *
 * @module
 */
import { join } from "node:path";
import { commandLine } from "../support/command.ts";
import { Terminal, TMUX } from "./_terminal.ts";
import type { Home } from "./_world.ts";

/** How a shell starts with nothing of the user's, and how it is told of our completion. */
const SHELLS = {
  bash: {
    start: "exec bash --noprofile --norc",
    setUp: `PS1='$ '; set +o history; source <(ec2-connect completion bash)`,
  },
  zsh: {
    start: "exec zsh -f",
    setUp:
      `PS1='$ '; mkdir -p $HOME/f; ec2-connect completion zsh >$HOME/f/_ec2-connect; fpath=($HOME/f $fpath); autoload -Uz compinit; compinit -u -D`,
  },
  fish: {
    start: "exec fish",
    setUp:
      `function fish_prompt; echo '$ '; end; mkdir -p $HOME/.config/fish/completions; ec2-connect completion fish >$HOME/.config/fish/completions/ec2-connect.fish`,
  },
} as const;

export type ShellName = keyof typeof SHELLS;

/** Why tests of a shell are ignored on this machine, and what they are called then. */
export async function shellTest(shell: ShellName) {
  const isThere = await new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] }).output();
  const missing = TMUX === undefined ? "tmux" : isThere.success ? undefined : shell;
  return {
    ignore: missing !== undefined,
    suffix: missing === undefined ? "" : ` (skipped: ${missing} is not installed)`,
  };
}

/** How long a command line may take to be completed and run. */
const PATIENCE_MS = 20_000;

export class CompletingShell implements AsyncDisposable {
  readonly terminal: Terminal;
  readonly #received: string;

  private constructor(terminal: Terminal, received: string) {
    this.terminal = terminal;
    this.#received = received;
  }

  /** A shell in `home` that completes `ec2-connect`, which then writes down its arguments. */
  static async open(shell: ShellName, home: Home): Promise<CompletingShell> {
    const received = join(home.path, "received");
    const [program, before] = commandLine();
    const bin = join(home.path, "bin");
    await Deno.mkdir(bin, { recursive: true });
    const words = [program, ...before].map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(
      join(bin, "ec2-connect"),
      "#!/bin/sh\n" +
        `case $1 in __complete | completion) exec ${words} "$@" ;; esac\n` +
        `printf '%s\\n' "$@" >'${received}.new' && mv '${received}.new' '${received}'\n`,
      { mode: 0o755 },
    );
    const terminal = await Terminal.open({
      ...home.env,
      PATH: `${bin}:${Deno.env.get("PATH")}`,
      LC_ALL: "C.UTF-8",
    });
    const { start, setUp } = SHELLS[shell];
    await terminal.type(`cd; ${start}\n`);
    await terminal.type(`${setUp}\n`);
    await terminal.type("echo rea''dy\n");
    await terminal.shows(/^ready$/m);
    return new CompletingShell(terminal, received);
  }

  /** Types `line`, presses Tab, then Enter. @returns What the program was called with. */
  async complete(line: string): Promise<string[]> {
    await Deno.remove(this.#received).catch(() => {});
    await this.terminal.type(line);
    await this.terminal.key("Tab");
    await this.terminal.key("Enter");
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return (await Deno.readTextFile(this.#received)).split("\n").slice(0, -1);
      } catch {
        if (performance.now() > deadline) {
          throw new Error(`nothing came of ${line}:\n${await this.terminal.screen()}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal[Symbol.asyncDispose]();
  }
}
