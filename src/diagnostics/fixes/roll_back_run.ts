/**
 * Taking back what an earlier run changed, in reverse, by what its journal says.
 *
 * @module
 */

import { messageOf } from "../../errors/mod.ts";
import type { Clock } from "../../platform/mod.ts";
import { classifyAwsError } from "../../aws/mod.ts";
import type { FixCall } from "./contracts.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { LocalAct } from "./local_actions.ts";
import type { Mutations } from "./mutations.ts";

export interface RollbackStep {
  fixId: string;
  call: FixCall;
  /** undefined: done, or, in a dry run, not tried. */
  error: string | undefined;
}

const CALL_TIMEOUT_MS = 30_000;

/**
 * Calls that take back what the journal says was done and not taken back yet. After the first that
 * fails, what came before it stays.
 */
export async function rollBackRun(
  entries: readonly JournalEntry[],
  { mutations, act, journal, clock, isDryRun }: {
    mutations: Mutations;
    act: LocalAct;
    journal: Journal;
    clock: Clock;
    isDryRun: boolean;
  },
): Promise<RollbackStep[]> {
  const steps: RollbackStep[] = [];
  for (const { call, fix_id, run_id } of openRollbacks(entries)) {
    if (isDryRun) {
      steps.push({ fixId: fix_id, call, error: undefined });
      continue;
    }
    const line = (event: JournalEntry["event"], error: string | null): JournalEntry => ({
      at: new Date(clock.epochMs()).toISOString(),
      run_id,
      fix_id,
      event,
      call,
      rollback: null,
      request_id: null,
      error,
    });
    await journal.write(line("rollback_intent", null));
    const error = await send(call);
    await journal.write(line("rollback_result", error ?? null));
    steps.push({ fixId: fix_id, call, error });
    if (error !== undefined) break;
  }
  return steps;

  async function send({ service, action, params }: FixCall): Promise<string | undefined> {
    try {
      if (service === "local") await act(action, params);
      else await mutations.send(service, action, params, AbortSignal.timeout(CALL_TIMEOUT_MS));
      return undefined;
    } catch (error) {
      if (service === "local") return messageOf(error);
      return classifyAwsError(error, clock.epochMs()).detail;
    }
  }
}

/** What was done, has a way back, and was not taken back; the last one first. */
function openRollbacks(
  entries: readonly JournalEntry[],
): { fix_id: string; run_id: string; call: FixCall }[] {
  const isDone = (call: FixCall) =>
    entries.some(({ event, error, call: other }) =>
      event === "rollback_result" && error === null &&
      JSON.stringify(other) === JSON.stringify(call)
    );
  return entries.flatMap(({ event, error, rollback, fix_id, run_id }) =>
    event === "result" && error === null && rollback !== null && !isDone(rollback)
      ? [{ fix_id, run_id, call: rollback }]
      : []
  ).toReversed();
}
