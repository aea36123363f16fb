/**
 * A picker on a terminal: drawn on a second screen, so that the first is afterwards as it was.
 *
 * @module
 */

import type { Clock } from "../platform/mod.ts";
import { type Key, KeyDecoder } from "./keys.ts";
import type { Picker, PickerEnd, PickerScreen } from "./picker.ts";

/** The terminal that a picker is drawn on and gets its keys from. */
export interface ScreenTerminal {
  /** Waits for input. @returns Null when there will be no more. */
  read(): Promise<Uint8Array | null>;
  /** Never waits. */
  write(text: string): void;
  columns(): number;
  rows(): number;
  /** Raw: every key is ours, Ctrl-C too. */
  setRaw(isRaw: boolean): void;
  /** Calls back when the size has changed, until disposed. */
  onResize(listener: () => void): Disposable;
}

export interface RunPickerOptions {
  terminal: ScreenTerminal;
  paint: PickerScreen["paint"];
  clock: Clock;
  /** Aborted: nobody is asked any more. */
  signals: readonly AbortSignal[];
  /** Is given what to call when rows or status have changed. */
  onReady(redraw: () => void): void;
}

const ENTER_SCREEN = "\x1b[?1049h";
const LEAVE_SCREEN = "\x1b[?25h\x1b[?1049l";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const HOME = "\x1b[H";
const CLEAR_TO_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** A sequence of a slow line comes in pieces; the key Escape is followed by nothing. */
const ESCAPE_WAIT_MS = 50;

/**
 * Draws `picker` and hands it keys until it has ended. The terminal is restored on every way out.
 *
 * @throws The reason of the first of `signals` that is aborted.
 */
export async function runPicker(picker: Picker, options: RunPickerOptions): Promise<PickerEnd> {
  const { terminal, signals } = options;
  for (const signal of signals) signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  // Nobody may wait any more by then.
  aborted.promise.catch(() => {});
  const listeners = signals.map((signal) => {
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    return () => signal.removeEventListener("abort", onAbort);
  });
  let isDrawn = true;
  const redraw = () => {
    if (isDrawn) draw(picker, options);
  };
  terminal.setRaw(true);
  // Keys that were pressed before have been echoed there; they are read now as any others.
  terminal.write("\r" + CLEAR_TO_LINE_END + ENTER_SCREEN);
  try {
    using _resizes = terminal.onResize(redraw);
    redraw();
    options.onReady(redraw);
    return await Promise.race([untilEnd(picker, options, redraw), aborted.promise]);
  } finally {
    isDrawn = false;
    for (const remove of listeners) remove();
    terminal.write(LEAVE_SCREEN);
    terminal.setRaw(false);
  }
}

async function untilEnd(
  picker: Picker,
  { terminal, clock }: RunPickerOptions,
  redraw: () => void,
): Promise<PickerEnd> {
  const decoder = new KeyDecoder();
  // Begun only when a key is wanted: what comes after the last one is for who reads next.
  let reading: Promise<Uint8Array | null> | undefined;
  for (;;) {
    reading ??= terminal.read();
    const bytes = decoder.isUndecided ? await within(reading, clock) : await reading;
    let keys: Key[];
    if (bytes === undefined) {
      keys = decoder.decide();
    } else if (bytes === null) {
      return { left: true };
    } else {
      reading = undefined;
      keys = decoder.push(bytes);
    }
    for (const key of keys) {
      const end = picker.onKey(key);
      if (end !== undefined) return end;
    }
    redraw();
  }
}

/** What was read; undefined when nothing came for so long that an escape was a key. */
async function within<T>(reading: Promise<T>, clock: Clock): Promise<T | undefined> {
  const passed = Promise.withResolvers<undefined>();
  const timer = clock.setTimeout(() => passed.resolve(undefined), ESCAPE_WAIT_MS);
  try {
    return await Promise.race([reading, passed.promise]);
  } finally {
    clock.clearTimeout(timer);
  }
}

function draw(picker: Picker, { terminal, paint }: RunPickerOptions): void {
  const size = { columns: terminal.columns(), rows: terminal.rows() };
  const { lines, cursor } = picker.render({ ...size, paint });
  // Raw: a line feed alone does not go back to the first column.
  const text = lines.map((line) => line + CLEAR_TO_LINE_END).join("\r\n");
  const place = `\x1b[${cursor.row + 1};${cursor.column + 1}H`;
  terminal.write(HIDE_CURSOR + HOME + text + CLEAR_BELOW + place + SHOW_CURSOR);
}
