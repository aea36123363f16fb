/**
 * This process's own terminal.
 *
 * @module
 */

import { onTerminalResize, RawTerminal } from "../../platform/mod.ts";
import type { TerminalSize } from "../../session/mod.ts";
import type { ShellConsole } from "./parts.ts";

/** Where nobody says: wide enough for lines to stay whole. Source: plugin shellsession.go. */
const UNKNOWN_SIZE: TerminalSize = { cols: 300, rows: 100 };

/** Dispose its `raw` when it is not used any more. */
export function processConsole(): ShellConsole {
  return {
    input: Deno.stdin,
    output: Deno.stdout,
    raw: new RawTerminal(),
    size: terminalSize,
    onResize: onTerminalResize,
  };
}

function terminalSize(): TerminalSize {
  try {
    const { columns, rows } = Deno.consoleSize();
    if (columns > 0 && rows > 0) return { cols: columns, rows };
  } catch {
    // No terminal.
  }
  return UNKNOWN_SIZE;
}
