/**
 * The commands of the diagnosis, from options to exit code.
 *
 * @module
 */

import type { LoadedConfig } from "../../config/mod.ts";
import {
  checksOfGroups,
  dependenciesOf,
  diagnose,
  type Diagnosis,
  fullChecks,
  type ItemId,
  precheckChecks,
  predictors,
  type Report,
  SCORE_GROUPS,
  type ScoreGroup,
} from "../../diagnostics/mod.ts";
import { type Context, loadSettings } from "../context.ts";
import { createAws } from "../factory.ts";
import { writeResult } from "../result.ts";
import { createEngine } from "./engine.ts";
import { disabledChecks, readCheckId } from "./items.ts";
import type { DiagnoseOptions } from "./options.ts";
import { requireWritable } from "./output_file.ts";
import { progressLine } from "./progress.ts";
import { redactReport } from "./redact.ts";
import { diagnosedInstance, parametersFor, regionChoice, requireWellFormed } from "./target.ts";
import { reportLines, summaryLine } from "./text.ts";

/** Seconds for each check, where neither option nor settings say. */
const DEFAULT_TIMEOUT_S: Readonly<Record<DiagnoseOptions["command"], number>> = {
  full: 30,
  precheck: 15,
  preventive: 30,
  item: 30,
  "aws-config": 30,
  "aws-config-integrated": 30,
};

/** What a command runs: the checks, and what comes beside them. */
interface Selection {
  checks: ItemId[];
  dependencies?: ItemId[];
  minimumScore?: number;
  stopsOnCritical?: boolean;
  isStrict?: boolean;
  memory?: { clearsFirst: boolean };
  probesClient: boolean;
}

/** @returns The exit code of the report. */
export async function runDiagnose(options: DiagnoseOptions, context: Context): Promise<number> {
  const selection = selectionOf(options);
  requireWellFormed(options.instance);
  const settings = await loadSettings(context);
  if (!options.hasFormat) context.reporter.format = settings.config.diagnostics.format;
  if (options.output !== undefined) await requireWritable(options.output);
  const { report, exitCode } = await runSelection(options, selection, settings, context);
  await writeReport(report, options, context);
  return exitCode;
}

/** Runs the checks and nothing else: the report is still to be written. */
export async function runSelection(
  options: DiagnoseOptions,
  selection: Selection,
  settings: LoadedConfig,
  context: Context,
): Promise<Diagnosis> {
  const { stop, reporter } = context;
  const { diagnostics } = settings.config;
  const disabled = disabledChecks(diagnostics.checks, settings.file);
  using aws = await createAws(options.aws, settings, context);
  const region = await regionChoice(options, { aws, settings, context });
  const instanceId = await diagnosedInstance(options.instance, aws, stop.signal);
  const parameters = await parametersFor(instanceId, options, { aws, settings, context, region });
  using engine = createEngine({
    aws,
    settings,
    context,
    region,
    parameters,
    probesClient: selection.probesClient,
    memory: selection.memory,
  });
  const progress = progressLine(context);
  try {
    const timeoutS = options.timeoutS ?? diagnostics.timeout_seconds ??
      DEFAULT_TIMEOUT_S[options.command];
    const { probesClient: _probes, memory: _memory, ...request } = selection;
    const diagnosis = await diagnose(engine.parts, {
      command: options.command,
      ...request,
      disabled,
      parameters,
      isParallel: options.isParallel ?? diagnostics.parallel,
      timeoutMs: timeoutS * 1000,
      signal: stop.signal,
      onEvent: progress.onEvent,
    });
    for (const [call, times] of diagnosis.callCounts) {
      reporter.log("debug", `diagnosis: ${call} called ${times} times`);
    }
    return diagnosis;
  } finally {
    progress.clear();
  }
}

export async function writeReport(
  whole: Report,
  options: { output: string | undefined; isRedacted: boolean },
  context: Context,
): Promise<void> {
  const report = options.isRedacted ? redactReport(whole) : whole;
  // Before the file: whoever waits for it may act on its being there.
  if (options.output !== undefined) context.reporter.note(summaryLine(report));
  const result = { schema: undefined, value: report, text: () => reportLines(report) };
  await writeResult(result, context, options.output);
}

function selectionOf(options: DiagnoseOptions): Selection {
  const port = { hasLocalPort: options.localPort !== undefined };
  switch (options.command) {
    case "full":
      return { checks: fullChecks(port), probesClient: true };
    case "precheck":
      return { checks: precheckChecks(port), probesClient: false };
    case "preventive": {
      const { abortOnCritical: stopsOnCritical, isStrict } = options;
      const checks = predictors(port);
      return { checks, probesClient: false, stopsOnCritical, isStrict };
    }
    case "item": {
      const id = readCheckId(options.item, "--item");
      return { checks: [id], dependencies: dependenciesOf(id), probesClient: true };
    }
    case "aws-config":
      return {
        checks: checksOfGroups(options.groups.length === 0 ? allGroups() : options.groups),
        minimumScore: options.minimumScore,
        probesClient: false,
      };
    case "aws-config-integrated":
      return {
        checks: checksOfGroups(allGroups()),
        minimumScore: options.minimumScore,
        probesClient: false,
        ...(options.usesCache ? { memory: { clearsFirst: options.clearCache } } : {}),
      };
    default:
      return options satisfies never;
  }
}

function allGroups(): ScoreGroup[] {
  return Object.keys(SCORE_GROUPS) as ScoreGroup[];
}
