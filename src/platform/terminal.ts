/**
 * What the standard streams are connected to.
 *
 * @module
 */

/** Which of the standard streams a person sits at. */
export interface TerminalFacts {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

/** Facts of this process. */
export function terminalFacts(): TerminalFacts {
  return {
    stdin: Deno.stdin.isTerminal(),
    stdout: Deno.stdout.isTerminal(),
    stderr: Deno.stderr.isTerminal(),
  };
}

/** Width of the terminal in columns; 80 where there is none or it does not say. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Height of the terminal in rows; 24 where there is none or it does not say. */
export function terminalRows(): number {
  try {
    return Deno.consoleSize().rows || 24;
  } catch {
    return 24;
  }
}

/**
 * Whether to colour what goes to a stream.
 *
 * Source: no-color.org: `NO_COLOR` counts when it is present and not empty.
 */
export function wantsColour(
  options: { isTerminal: boolean; env: Readonly<Record<string, string | undefined>> },
): boolean {
  return options.isTerminal && !options.env["NO_COLOR"] && options.env["TERM"] !== "dumb";
}
