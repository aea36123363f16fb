/**
 * `--watch`: the same result again and again, until somebody asks to stop.
 *
 * @module
 */
import type { Context } from "../context.ts";
import { renderResult, type Result, writeResultEvent } from "../result.ts";
import { untilAborted } from "../stop.ts";

/** Cursor to the top left, and everything below it away: what is drawn again does not flicker. */
const HOME = "\x1b[H";
const CLEAR_BELOW = "\x1b[J";
const CLEAR_TO_LINE_END = "\x1b[K";
/** A second screen, so that the terminal is afterwards as it was. */
const ENTER_SCREEN = "\x1b[?1049h\x1b[?25l";
const LEAVE_SCREEN = "\x1b[?25h\x1b[?1049l";

/**
 * Text on a terminal is drawn over itself; everything else is written one after another. Ends with a
 * request to stop or with the reader of standard output.
 *
 * @throws What `look` throws: there is nothing to watch then, or not any more.
 */
export async function watch(
  context: Context,
  { look, intervalMs }: { look(): Promise<Result>; intervalMs: number },
): Promise<void> {
  const { io, reporter, stop } = context;
  const first = await look();
  const isDrawn = io.terminal.stdout && reporter.format === "text";
  using _screen = isDrawn ? screen(context) : undefined;
  const over = untilAborted([stop.signal, io.output.stdoutBroken]);
  try {
    for (let result = first;;) {
      if (isDrawn) draw(await renderResult(result, "text"), context);
      else await writeResultEvent(result, context);
      if (await isOverAfter(intervalMs)) return;
      result = await look();
    }
  } finally {
    over.stop();
  }

  async function isOverAfter(delayMs: number): Promise<boolean> {
    const passed = Promise.withResolvers<"passed">();
    const timer = io.clock.setTimeout(() => passed.resolve("passed"), delayMs);
    const first = await Promise.race([passed.promise, over.aborted]);
    io.clock.clearTimeout(timer);
    return first !== "passed";
  }
}

function screen({ io }: Context): Disposable {
  io.output.write("stdout", ENTER_SCREEN);
  return { [Symbol.dispose]: () => io.output.write("stdout", LEAVE_SCREEN) };
}

function draw(lines: readonly string[], { io }: Context): void {
  const width = io.columns();
  // What is taller than the terminal would scroll, and no more be drawn over.
  const rows = lines.slice(0, io.rows()).map((line) => line.slice(0, width) + CLEAR_TO_LINE_END);
  io.output.write("stdout", HOME + rows.join("\n") + CLEAR_BELOW);
}
