/**
 * Being asked to stop by the system or the keyboard.
 *
 * @module
 */

/** The requests to stop that this program answers. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Exit status of a program that such a signal ended: 128 and the signal's number. */
export const SIGNAL_EXIT_CODES: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/**
 * Calls `onSignal` at each request to stop until disposed; the system's own reaction (ending the
 * process) is off as long.
 */
export function listenForStopSignals(onSignal: (signal: StopSignal) => void): Disposable {
  const remove: (() => void)[] = [];
  for (const signal of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) {
    const listener = () => onSignal(signal);
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
