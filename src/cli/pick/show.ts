/**
 * A picker on the terminal that a command runs on.
 *
 * @module
 */

import { listenForResize, wantsColour } from "../../platform/mod.ts";
import { type Picker, type PickerLook, runPicker, type ScreenTerminal } from "../../tui/mod.ts";
import type { Context } from "../context.ts";
import { Stopped } from "../stop.ts";
import { paint } from "../text.ts";
import { oneAtATime } from "./one_at_a_time.ts";

const COLOURS = { title: "dim", active: "bold", dim: "dim", notice: "yellow" } as const;

/** More than a paste of a few pages. */
const READ_BYTES = 4096;

/**
 * Shows `picker` until something is chosen. What is reported meanwhile is said afterwards.
 *
 * @param options.failed Aborted when there is nothing to choose from, with the error to throw.
 * @param options.onReady Is given what to call when rows or status have changed.
 * @returns Ids of what was chosen.
 * @throws {Stopped} When the person leaves.
 */
export async function showPicker(
  picker: Picker,
  options: {
    context: Context;
    failed: AbortSignal;
    onReady(redraw: () => void): void;
    terminal?: ScreenTerminal;
  },
): Promise<readonly string[]> {
  const { context, failed, onReady, terminal = screenTerminal(context) } = options;
  const { io, globals, reporter, stop } = context;
  const isOn = globals.colour && wantsColour({ isTerminal: io.terminal.stderr, env: io.env });
  const end = await oneAtATime(async () => {
    using _held = reporter.hold();
    return await runPicker(picker, {
      terminal,
      paint: (text: string, look: PickerLook) => paint(text, COLOURS[look], isOn),
      clock: io.clock,
      signals: [stop.signal, failed],
      onReady,
    });
  });
  if ("left" in end) throw new Stopped("SIGINT");
  return end.chosen;
}

/** Drawn on standard error, so that standard output is the result's alone. */
function screenTerminal({ io }: Context): ScreenTerminal {
  const buffer = new Uint8Array(READ_BYTES);
  return {
    async read() {
      const length = await Deno.stdin.read(buffer);
      return length === null ? null : buffer.slice(0, length);
    },
    write: (text) => void io.output.write("stderr", text),
    columns: () => io.columns(),
    rows: () => io.rows(),
    setRaw: (isRaw) => Deno.stdin.setRaw(isRaw),
    onResize: listenForResize,
  };
}
