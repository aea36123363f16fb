/**
 * Fixes: what mends what the diagnosis finds, and how it is taken back.
 *
 * @module
 */

export type { FixPlan, FixState } from "./contracts.ts";
export type { Consent } from "./decide.ts";
export type { FixEvent, FixResult } from "./apply.ts";
export { describeCall, planLines, resultLine } from "./fix_report.ts";
export { FIX_IDS, type FixRun, runFixes } from "./fix_run.ts";
export { fileJournal, readJournal } from "./journal.ts";
export { type LocalAct, localActions, systemActions } from "./local_actions.ts";
export type { Mutations } from "./mutations.ts";
export { rollBackRun, type RollbackStep } from "./roll_back_run.ts";
export { SdkMutations } from "./sdk_mutations.ts";
