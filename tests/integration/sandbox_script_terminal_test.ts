/**
 * Both ways to a pseudo-terminal, `python3` and `script`, do the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { commandEnvironment } from "../../src/sandbox/pty/environment.ts";
import { openTerminal, type TerminalProgram } from "../../src/sandbox/pty/open_terminal.ts";
import type { Terminal } from "../../src/sandbox/pty/terminal.ts";
import { utf8 } from "../support/hex.ts";
import { eventually } from "../support/port_client.ts";
import { needsPrograms } from "../support/needs_programs.ts";
import { isRunning } from "../support/shell_client.ts";
import { Watched } from "../support/watched.ts";

class OpenTerminal extends Watched implements AsyncDisposable {
  text = "";
  hasExited = false;
  #terminal: Terminal | undefined;

  static async open(program: TerminalProgram, command: string[]): Promise<OpenTerminal> {
    const opened = new OpenTerminal();
    const folder = Deno.env.get("TMPDIR") ?? "/tmp";
    const plan = { command, folder, environment: commandEnvironment(folder) };
    opened.#terminal = await openTerminal(plan, {
      onData: (bytes) => {
        opened.text += new TextDecoder().decode(bytes);
        opened.changed();
        opened.terminal.read();
      },
      onExit: () => {
        opened.hasExited = true;
        opened.changed();
      },
      onWritten: () => {},
    }, program);
    opened.terminal.read();
    return opened;
  }

  get terminal(): Terminal {
    return this.#terminal!;
  }

  type(text: string): void {
    this.terminal.write(utf8(text));
  }

  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    await this.when(() => pattern.test(this.text) || this.hasExited);
    const match = pattern.exec(this.text);
    assert.ok(match !== null, `no ${pattern} in ${JSON.stringify(this.text)}`);
    return match;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal.close();
  }
}

for (const program of ["python3", "script"] as const) {
  const needs = needsPrograms(program, "ps", "pkill", "stty");
  Deno.test(`${program}: size, typing, Ctrl-C, exit`, needs, async () => {
    await using opened = await OpenTerminal.open(program, ["sh"]);
    await opened.printed(/[#$] $/);
    opened.terminal.resize({ columns: 93, rows: 29 });
    opened.type(
      "tty; until stty size | grep -q '29 93'; do sleep 0.02; done; echo size $((1 + 1))\r",
    );
    await opened.printed(/\/dev\/\S+\r\nsize 2\r/);
    opened.type("sh -c 'echo go $((2 + 2)); exec sleep 1000'\r");
    await opened.printed(/go 4/);
    opened.type("\x03");
    opened.type("echo status $?\r");
    await opened.printed(/status 130/);
    opened.type("exit\r");
    await opened.when(() => opened.hasExited);
  });

  Deno.test(`${program}: closing ends what ignores to be hung up`, needs, async () => {
    await using opened = await OpenTerminal.open(program, ["sh"]);
    await opened.printed(/[#$] $/);
    opened.type("trap '' HUP TERM; sleep 1000 & echo pid=$!=\r");
    const pid = Number((await opened.printed(/pid=(\d+)=/))[1]);
    assert.ok(await isRunning(pid) && await isRunning(opened.terminal.pid));
    await opened.terminal.close();
    assert.equal(await isRunning(opened.terminal.pid), false);
    await eventually("the job is gone", async () => !await isRunning(pid));
  });
}
