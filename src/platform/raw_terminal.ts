/**
 * The terminal in raw mode: every key is the program's, and nothing is made of what it writes.
 *
 * @module
 */

/** A terminal whose keys all go to whoever reads standard input, while it is entered. */
export interface RawMode {
  /** Does nothing when it is raw already. */
  enter(): void;
  /** Gives it back as it was. Does nothing when it is not raw; never throws. */
  leave(): void;
  /** Stops this process as Ctrl-Z would, with the terminal given back, until it is continued. */
  suspend(): void;
}

/** Of the terminal at standard input. Deno gives it back itself when an uncaught error ends the process. */
export class RawTerminal implements RawMode, Disposable {
  #isRaw = false;
  readonly #onContinued = () => this.#renew();
  readonly #onUnload = () => this.leave();

  constructor() {
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGCONT", this.#onContinued);
    globalThis.addEventListener("unload", this.#onUnload);
  }

  enter(): void {
    if (this.#isRaw) return;
    Deno.stdin.setRaw(true);
    this.#isRaw = true;
    // Deno's raw mode goes on making CR LF of LF, which moves the cursor of full-screen programs
    // wrongly. What Deno restores later has it again.
    shell("stty -opost");
  }

  leave(): void {
    if (!this.#isRaw) return;
    this.#isRaw = false;
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // The terminal has gone.
    }
  }

  suspend(): void {
    const wasRaw = this.#isRaw;
    this.leave();
    // The whole process group, as the terminal would do it: a script that runs us is stopped as well.
    shell("kill -TSTP 0");
    if (wasRaw) this.enter();
  }

  [Symbol.dispose](): void {
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGCONT", this.#onContinued);
    globalThis.removeEventListener("unload", this.#onUnload);
    this.leave();
  }

  /** Whoever was in front meanwhile may have left the terminal in another mode. */
  #renew(): void {
    if (!this.#isRaw) return;
    this.leave();
    this.enter();
  }
}

/** Runs a line beside this program's own terminal, and waits; what fails is left as it is. */
function shell(line: string): void {
  if (Deno.build.os === "windows") return;
  try {
    new Deno.Command("/bin/sh", {
      args: ["-c", line],
      stdin: "inherit",
      stdout: "null",
      stderr: "null",
    }).outputSync();
  } catch {
    // Without /bin/sh, or without permission: raw mode as far as Deno goes.
  }
}

/** How often the size is looked at where the system does not tell. */
const POLL_MS = 500;

/** Calls `listener` when the terminal's size may have changed, until disposed. */
export function onTerminalResize(listener: () => void): Disposable {
  if (Deno.build.os === "windows") {
    const timer = setInterval(listener, POLL_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }
  Deno.addSignalListener("SIGWINCH", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", listener) };
}
