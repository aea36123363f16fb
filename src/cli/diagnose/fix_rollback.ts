/**
 * `fix --rollback`: what an earlier run changed, taken back by its journal.
 *
 * @module
 */

import {
  describeCall,
  fileJournal,
  type LocalAct,
  type Mutations,
  readJournal,
  rollBackRun,
  type RollbackStep,
} from "../../diagnostics/fixes/mod.ts";
import { AppError } from "../../errors/mod.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import type { FixCommandOptions } from "./fix_options.ts";

export async function runRollback(
  runId: string,
  { folder, mutations, act, options, context }: {
    folder: string;
    mutations: Mutations;
    act: LocalAct;
    options: FixCommandOptions;
    context: Context;
  },
): Promise<number> {
  const entries = await readJournal(folder, runId);
  if (entries === undefined) {
    throw new AppError("usage", `Cannot take back run ${runId}: there is no journal of it`, {
      why: `Looked in ${folder}`,
      hint: "The run's text and its report name the id",
    });
  }
  const steps = await rollBackRun(entries, {
    mutations,
    act,
    journal: fileJournal(folder, runId),
    clock: context.io.clock,
    isDryRun: options.isDryRun,
  });
  const isComplete = steps.every(({ error }) => error === undefined);
  await writeResult(
    {
      schema: "rollback",
      value: {
        run_id: runId,
        dry_run: options.isDryRun,
        steps: steps.map(({ fixId, call, error }) => ({
          fix_id: fixId,
          call: { ...call },
          error: error ?? null,
        })),
      },
      text: () => rollbackText(runId, steps, options.isDryRun),
    },
    context,
    options.output,
  );
  return isComplete ? 0 : 1;
}

function rollbackText(
  runId: string,
  steps: readonly RollbackStep[],
  isDryRun: boolean,
): string[] {
  if (steps.length === 0) return [`Nothing of run ${runId} is left to take back`];
  const lines = steps.map(({ fixId, call, error }) => {
    const verb = isDryRun ? "would call" : error === undefined ? "done" : "failed";
    const why = error === undefined ? "" : `: ${error}`;
    return `${fixId}: ${verb} ${describeCall(call)}${why}`;
  });
  return isDryRun ? [...lines, "Nothing was changed."] : lines;
}
