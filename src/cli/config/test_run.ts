/**
 * `config test`: whether what the settings lead to works.
 *
 * @module
 */

import { AppError, toAppError } from "../../errors/mod.ts";
import type { ConfigTestOptions } from "../commands/config.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { paint, printable } from "../text.ts";
import { wantsColour } from "../../platform/mod.ts";
import { type Trial, trials } from "./trials.ts";

/** What came of one trial. */
interface Outcome {
  name: string;
  /** Skipped: what it needs has failed. */
  status: "ok" | "failed" | "skipped";
  /** What was found, or why it failed. */
  detail: string;
  cause: string | undefined;
  hint: string | undefined;
  /** Why it failed, for its kind. */
  error: AppError | undefined;
}

/** @returns 0, or the exit code of the first that failed: 2 settings, 3 connection, 4 credentials. */
export async function runTest(options: ConfigTestOptions, context: Context): Promise<number> {
  const { stop } = context;
  const outcomes: Outcome[] = [];
  using list = trials(options, context);
  for (const trial of list.trials) {
    outcomes.push(await outcomeOf(trial, outcomes));
    // Whatever failed after Ctrl-C failed because of it.
    if (stop.signal.aborted) throw stop.signal.reason;
  }
  const failed = outcomes.find(({ status }) => status === "failed");
  await writeResult(
    {
      schema: "config-test",
      value: {
        ok: failed === undefined,
        checks: outcomes.map(({ name, status, detail, cause, hint }) => ({
          name,
          status,
          detail,
          cause: cause ?? null,
          hint: hint ?? null,
        })),
      },
      text: () => outcomes.flatMap((outcome) => linesOf(outcome, context)),
    },
    context,
    options.output,
  );
  if (failed?.error === undefined) return 0;
  const count = outcomes.filter(({ status }) => status === "failed").length;
  const summary = new AppError(
    failed.error.kind,
    `The settings do not work: ${count} of ${outcomes.length} failed`,
    { why: `The first is ${failed.name}` },
  );
  context.reporter.error(summary);
  return summary.exitCode;
}

async function outcomeOf(
  { name, needs, run }: Trial,
  before: readonly Outcome[],
): Promise<Outcome> {
  const none = { cause: undefined, hint: undefined, error: undefined };
  const missing = needs.find((need) =>
    before.some((each) => each.name === need && each.status !== "ok")
  );
  if (missing !== undefined) {
    return { name, status: "skipped", detail: `not tried without ${missing}`, ...none };
  }
  try {
    return { name, status: "ok", detail: await run(), ...none };
  } catch (error) {
    const known = toAppError(error);
    const { message, why, hint } = known;
    return { name, status: "failed", detail: message, cause: why, hint, error: known };
  }
}

const NAME_COLUMNS = 13;
const COLOUR_OF = { ok: undefined, failed: "red", skipped: "yellow" } as const;

function linesOf({ name, status, detail, cause, hint }: Outcome, context: Context): string[] {
  const { io, globals } = context;
  const isOn = globals.colour && wantsColour({ isTerminal: io.terminal.stdout, env: io.env });
  const colour = COLOUR_OF[status];
  const word = status.padEnd(7);
  const shown = colour === undefined ? word : paint(word, colour, isOn);
  return [
    `${shown}  ${name.padEnd(NAME_COLUMNS)}  ${printable(detail)}`,
    ...cause === undefined ? [] : [`  cause: ${printable(cause)}`],
    ...hint === undefined ? [] : [`  hint: ${printable(hint)}`],
  ];
}
