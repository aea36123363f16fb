/**
 * `fix`: diagnosis, plan, change, and what came of it.
 *
 * @module
 */

import { type LoadedConfig, nearestName } from "../../config/mod.ts";
import {
  type Consent,
  describeCall,
  fileJournal,
  FIX_IDS,
  type FixEvent,
  type FixPlan,
  type FixResult,
  type FixRun,
  localActions,
  planLines,
  runFixes,
  SdkMutations,
  systemActions,
} from "../../diagnostics/fixes/mod.ts";
import { FactFiles, fullChecks } from "../../diagnostics/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { startChild, stateFolder } from "../../platform/mod.ts";
import { canPrompt, type Context, loadSettings } from "../context.ts";
import { createAws } from "../factory.ts";
import { writeResult } from "../result.ts";
import { createEngine, factFolder } from "./engine.ts";
import type { FixCommandOptions } from "./fix_options.ts";
import { fixText } from "./fix_text.ts";
import { disabledChecks } from "./items.ts";
import { requireWritable } from "./output_file.ts";
import { diagnosedInstance, parametersFor, regionChoice, requireWellFormed } from "./target.ts";
import { summaryLine } from "./text.ts";

/** Seconds for each check when nobody says. */
const DEFAULT_TIMEOUT_S = 60;
/** Of the journals, in the state folder. */
const JOURNAL_FOLDER = "fixes";

export async function runFix(options: FixCommandOptions, context: Context): Promise<number> {
  requireKnownFixes(options.approved);
  requireWellFormed(options.instance);
  const settings = await loadSettings(context);
  if (!options.hasFormat) context.reporter.format = settings.config.diagnostics.format;
  // Before anything is changed: what was done must be told.
  if (options.output !== undefined) await requireWritable(options.output);
  using aws = await createAws(options.aws, settings, context);
  using mutations = new SdkMutations(aws);
  const act = localActions(systemActions((command) => runOnTerminal(command, context)));
  const folder = journalFolder(context);
  if (options.rollback !== undefined) {
    const { runRollback } = await import("./fix_rollback.ts");
    return await runRollback(options.rollback, { folder, mutations, act, options, context });
  }
  const region = await regionChoice(options, { aws, settings, context });
  const instanceId = await diagnosedInstance(options.instance, aws, context.stop.signal);
  const parameters = await parametersFor(instanceId, options, { aws, settings, context, region });
  using engine = createEngine({ aws, settings, context, region, parameters, probesClient: true });
  const consent = consentOf(options, settings, context);
  // Nobody agreed to anything and nobody can be asked: the plan is all that there is.
  const isSilent = !options.isDryRun && !consent.canAsk && !consent.autoFix &&
    consent.approved.length === 0;
  const isDryRun = options.isDryRun || isSilent;
  const { diagnostics } = settings.config;
  let planned: readonly FixResult[] = [];
  const run = await runFixes({
    diagnosis: engine.parts,
    mutations,
    act,
    journal: (runId) => fileJournal(folder, runId),
    confirm: (plan) => confirm(plan, { planned, consent, context }),
    onPlanned: (results) => planned = results,
    onEvent: (event) => tell(event, context),
  }, {
    checks: fullChecks({ hasLocalPort: parameters.localPort !== undefined }),
    consent,
    options: {
      instanceProfile: options.instanceProfile,
      requested: options.approved,
      factFolder: factFolder(context),
    },
    isDryRun,
    disabled: disabledChecks(diagnostics.checks, settings.file),
    parameters,
    isParallel: options.isParallel ?? diagnostics.parallel,
    timeoutMs: (options.timeoutS ?? diagnostics.timeout_seconds ?? DEFAULT_TIMEOUT_S) * 1000,
    signal: context.stop.signal,
  });
  if (run.hasChanged) await forgetFacts(run.report.target, context);
  if (options.output !== undefined) context.reporter.note(summaryLine(run.report));
  const journal = run.hasChanged ? fileJournal(folder, run.report.run_id).path : undefined;
  await writeResult(
    {
      schema: undefined,
      value: run.report,
      text: () => fixText(run, { consent, isDryRun, isSilent, journal }),
    },
    context,
    options.output,
  );
  return run.exitCode;
}

/** @throws {AppError} `usage` naming the nearest fix there is. */
function requireKnownFixes(approved: readonly string[]): void {
  const unknown = approved.find((id) => !FIX_IDS.includes(id));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, FIX_IDS);
  throw new AppError("usage", `Cannot approve "${unknown}": there is no such fix`, {
    why: `Fixes are ${FIX_IDS.join(", ")}`,
    ...(nearest === undefined ? {} : { hint: `Did you mean ${nearest}?` }),
  });
}

/** Flags come first; the settings say what `fix` alone means. */
function consentOf(
  options: FixCommandOptions,
  settings: LoadedConfig,
  context: Context,
): Consent {
  const { auto_fix } = settings.config.diagnostics;
  const isBySetting = !options.autoFix && auto_fix.enabled;
  return {
    autoFix: options.autoFix || isBySetting,
    safeOnly: options.safeOnly || (isBySetting && auto_fix.safe_only),
    approved: options.approved,
    allowsVpc: options.allowsVpc,
    canAsk: canPrompt(context),
  };
}

async function confirm(
  plan: FixPlan,
  { planned, consent, context }: {
    planned: readonly FixResult[];
    consent: Consent;
    context: Context;
  },
): Promise<boolean> {
  const index = planned.findIndex((result) => result.plan.id === plan.id);
  for (const line of planLines(planned[index]!, index + 1, consent)) context.reporter.note(line);
  const { askYes } = await import("../prompts.ts");
  return await askYes(`Apply ${plan.id}?`, context);
}

/** What happens, while it happens. */
function tell(event: FixEvent, { reporter }: Context): void {
  switch (event.type) {
    case "applying":
      return reporter.note(`Applying ${event.plan.id}`);
    case "call":
      return reporter.note(
        `  ${event.isRollback ? "taking back: " : ""}${describeCall(event.call)}`,
      );
    case "verifying":
      return reporter.note(`Verifying ${event.plan.id}: ${event.plan.verify.checks.join(", ")}`);
    case "result":
      return reporter.log("debug", `fix ${event.result.plan.id}: ${event.result.state}`);
    default:
      return event satisfies never;
  }
}

/** What earlier diagnoses remember of the instance may not be so any more. */
async function forgetFacts(
  { account_id, region, instance_id }: FixRun["report"]["target"],
  context: Context,
): Promise<void> {
  const folder = factFolder(context);
  if (folder === undefined || account_id === null) return;
  const files = new FactFiles(folder, (message) => context.reporter.warn(message));
  await files.clear({ accountId: account_id, region, instanceId: instance_id });
}

/** While it runs, the terminal is the program's: Ctrl-C is for it. */
async function runOnTerminal(command: readonly string[], { stop }: Context): Promise<number> {
  using _diverted = stop.divert(() => {});
  return await startChild(command, { env: {} }).status;
}

/** @throws {AppError} `config` where no change could be written down. */
function journalFolder({ io }: Context): string {
  const state = stateFolder(io);
  if (state !== undefined) return `${state}/${JOURNAL_FOLDER}`;
  throw new AppError("config", "Cannot keep a journal of changes: no folder for it is known", {
    hint: "Set HOME or XDG_STATE_HOME (LOCALAPPDATA on Windows)",
  });
}
