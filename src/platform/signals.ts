/**
 * Being asked to stop by the system or the keyboard.
 *
 * @module
 */

import { type Clock, systemClock } from "./clock.ts";

/** The requests to stop that this program answers. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Exit status of a program that such a signal ended: 128 and the signal's number. */
export const SIGNAL_EXIT_CODES: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/** Nobody presses a key twice on purpose within so many milliseconds, and no echo takes longer. */
const ECHO_MS = 200;

/**
 * `onSignal`, without the echoes of a signal: the same one again within 200 ms.
 *
 * The terminal sends Ctrl-C to every program of a pipeline, and one that started this one (`npx`,
 * `deno task`, a supervisor) often passes on what it has got. So one press arrives two or three
 * times, and must not be taken for the second press that leaves at once and ends nothing in order.
 */
export function withoutEchoes(
  onSignal: (signal: StopSignal) => void,
  clock: Pick<Clock, "nowMs"> = systemClock,
): (signal: StopSignal) => void {
  const heardAtMs = new Map<StopSignal, number>();
  return (signal) => {
    const nowMs = clock.nowMs();
    if (nowMs - (heardAtMs.get(signal) ?? -Infinity) < ECHO_MS) return;
    heardAtMs.set(signal, nowMs);
    onSignal(signal);
  };
}

/**
 * Calls `onSignal` at each request to stop, echoes left out, until disposed; the system's own reaction
 * (ending the process) is off as long.
 */
export function listenForStopSignals(onSignal: (signal: StopSignal) => void): Disposable {
  const onRequest = withoutEchoes(onSignal);
  const remove: (() => void)[] = [];
  for (const signal of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) {
    const listener = () => onRequest(signal);
    try {
      Deno.addSignalListener(signal, listener);
    } catch {
      // Windows knows fewer signals than POSIX; those that it lacks cannot arrive.
      continue;
    }
    remove.push(() => Deno.removeSignalListener(signal, listener));
  }
  return {
    [Symbol.dispose]() {
      for (const undo of remove.splice(0)) undo();
    },
  };
}

/** Calls `onResize` each time the terminal has changed its size, until disposed. */
export function listenForResize(onResize: () => void): Disposable {
  try {
    Deno.addSignalListener("SIGWINCH", onResize);
  } catch {
    // A system without that signal.
    return { [Symbol.dispose]() {} };
  }
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", onResize) };
}
