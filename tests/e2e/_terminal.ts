/**
 * A real terminal for a command: tmux, its screen read back as text.
 *
 * @module
 */
import { commandLine } from "../support/command.ts";

/** Undefined where tmux is not installed: such tests are ignored. */
export const TMUX = await findTmux();

/** How long the screen may take to show what is waited for. */
const SCREEN_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
/** A line that waits to be typed on, a user's or the administrator's. */
const PROMPT = /^[$#] *$/m;

export class Terminal implements AsyncDisposable {
  readonly #server: string;
  readonly #env: Record<string, string>;

  private constructor(server: string, env: Record<string, string>) {
    this.#server = server;
    this.#env = env;
  }

  /** A shell in a terminal, of 80x24 unless another size is asked for, for lines of ours. */
  static async open(
    env: Record<string, string>,
    { columns = 80, rows = 24 } = {},
  ): Promise<Terminal> {
    const server = `ec2-connect-test-${crypto.randomUUID()}`;
    const terminal = new Terminal(server, { ...env, TERM: "screen", ENV: "" });
    await terminal.#tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-x",
      `${columns}`,
      "-y",
      `${rows}`,
      "sh",
    );
    await terminal.shows(PROMPT);
    return terminal;
  }

  /** Types a command line that runs ours with `args`, which the shell reads. */
  async run(args: string): Promise<void> {
    const [program, before] = commandLine();
    // Out of sight, so that the screen shows what the command says and not how it was started.
    const words = [program, ...before].map((word) => `'${word}'`).join(" ");
    await this.type(`tool() { ${words} "$@"; }; clear\n`);
    await this.shows(PROMPT);
    await this.type(`tool ${args}; printf '\\nstatus %s\\n' $?\n`);
  }

  async type(text: string): Promise<void> {
    for (const [index, line] of text.split("\n").entries()) {
      if (index > 0) await this.key("Enter");
      if (line !== "") await this.#tmux("send-keys", "-l", line);
    }
  }

  /** Presses a key, in tmux's names: `Enter`, `C-c`. */
  async key(name: string): Promise<void> {
    await this.#tmux("send-keys", name);
  }

  /** Pastes a text, as from the clipboard. */
  async paste(text: string): Promise<void> {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, text);
    await this.#tmux("load-buffer", file);
    await this.#tmux("paste-buffer", "-r");
    await Deno.remove(file);
  }

  /** Returns when what runs in it sees the new size: tmux passes that on a moment later. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
    const tty = (await this.#tmux("display-message", "-p", "#{pane_tty}")).trim();
    const args = ["-c", 'stty size <"$1"', "sh", tty];
    const deadline = performance.now() + SCREEN_TIMEOUT_MS;
    for (;;) {
      const { stdout } = await new Deno.Command("sh", { args }).output();
      const size = new TextDecoder().decode(stdout).trim();
      if (size === `${rows} ${columns}`) return;
      if (performance.now() > deadline) throw new Error(`the terminal stays at ${size}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async screen(): Promise<string> {
    // With -J tmux keeps the blanks that end a line.
    return (await this.#tmux("capture-pane", "-p", "-J")).replace(/ +$/gm, "");
  }

  /** Waits until the screen shows `pattern`, and returns it. */
  async shows(pattern: RegExp): Promise<string> {
    const deadline = performance.now() + SCREEN_TIMEOUT_MS;
    for (;;) {
      const screen = await this.screen();
      if (pattern.test(screen)) return screen;
      if (performance.now() > deadline) throw new Error(`no ${pattern} on the screen:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
  }

  async #tmux(...args: string[]): Promise<string> {
    const command = new Deno.Command("tmux", {
      args: ["-L", this.#server, ...args],
      env: this.#env,
    });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`tmux ${args.join(" ")}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }
}

async function findTmux(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("tmux", { args: ["-V"] }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch {
    return undefined;
  }
}
