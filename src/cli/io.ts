/**
 * What a command may touch of the process it runs in. Tests hand in another one.
 *
 * @module
 */

import {
  type Clock,
  listenForStopSignals,
  type StopSignal,
  systemClock,
  terminalColumns,
  type TerminalFacts,
  terminalFacts,
  terminalRows,
} from "../platform/mod.ts";
import type { BackgroundJob } from "./background/job.ts";
import { TextOutput } from "./text_output.ts";

export interface Io {
  readonly os: typeof Deno.build.os;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly terminal: TerminalFacts;
  /** Width of the terminal; 80 without one. */
  columns(): number;
  /** Height of the terminal; 24 without one. */
  rows(): number;
  readonly output: TextOutput;
  /** Calls back at each request to stop, until disposed. */
  onStopSignal(listener: (signal: StopSignal) => void): Disposable;
  /** Set where the command runs inside the background host. */
  readonly job?: BackgroundJob;
}

/** This process. */
export function systemIo(): Io {
  return {
    os: Deno.build.os,
    env: Deno.env.toObject(),
    clock: systemClock,
    terminal: terminalFacts(),
    columns: terminalColumns,
    rows: terminalRows,
    output: new TextOutput({
      stdout: (bytes) => Deno.stdout.write(bytes),
      stderr: (bytes) => Deno.stderr.write(bytes),
    }),
    onStopSignal: listenForStopSignals,
  };
}
