/**
 * How far a diagnosis is, in the live line of a terminal.
 *
 * @module
 */

import type { ItemId, RunEvent } from "../../diagnostics/mod.ts";
import type { Context } from "../context.ts";

/** A listener for the events of a run; it shows nothing where nobody watches. */
export function progressLine(
  { io, reporter, globals }: Context,
): { onEvent(event: RunEvent): void; clear(): void } {
  const isShown = io.terminal.stderr && !globals.quiet && reporter.format === "text";
  const running = new Set<ItemId>();
  let total = 0;
  let done = 0;
  const show = () => {
    const names = [...running].join(", ");
    const text = `${done}/${total} checks${names === "" ? "" : `: ${names}`}`;
    reporter.status(text.slice(0, Math.max(10, io.columns() - 1)));
  };
  return {
    onEvent(event) {
      if (!isShown) return;
      if (event.type === "run_started") total = event.checks.length;
      if (event.type === "check_started") running.add(event.check);
      if (event.type === "check_finished") {
        running.delete(event.result.id);
        done += 1;
      }
      show();
    },
    clear() {
      if (isShown) reporter.status("");
    },
  };
}
