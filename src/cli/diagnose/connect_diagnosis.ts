/**
 * The diagnosis inside of `connect`: before it (`--precheck`), and after it failed.
 *
 * @module
 */

import type { Aws } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import {
  type CheckId,
  type CheckParameters,
  checksForFailure,
  diagnose,
  type Diagnosis,
  precheckChecks,
  type Report,
} from "../../diagnostics/mod.ts";
import { AppError, type ErrorKind, messageOf } from "../../errors/mod.ts";
import type { ConnectDiagnosis, DiagnosedTarget } from "../connect/parts.ts";
import type { Context } from "../context.ts";
import type { AwsOptions } from "../invocation.ts";
import { createEngine } from "./engine.ts";
import { disabledChecks } from "./items.ts";
import type { TargetOptions } from "./options.ts";
import { progressLine } from "./progress.ts";
import { parametersFor, regionChoice } from "./target.ts";
import { fullRun } from "./text.ts";

/** Somebody waits who wanted a tunnel: seconds for each check. */
const TIMEOUT_S = 10;

/** What somebody wanted to open. */
export interface Wanted {
  aws: AwsOptions;
  /** Where it was to lead; the first one is asked about. */
  forwards: readonly { remoteHost?: string; remotePort: number }[];
  /** A shell, or a command, in place of forwards: the document that it needs. */
  shellDocument?: string;
}

export function connectDiagnosis(
  options: Wanted,
  parts: { aws: Aws; settings: LoadedConfig; context: Context },
): ConnectDiagnosis {
  return {
    before: async (target) => {
      const checks = precheckChecks({ hasLocalPort: false });
      const { report } = await run("precheck", checks, target, { options, ...parts });
      throwCritical(report, target.instanceId);
    },
    explain: async (error, target) => {
      const checks = checksForFailure(error.kind);
      if (checks.length === 0) return error;
      try {
        const { report } = await run("full", checks, target, { options, ...parts });
        const [cause] = report.root_causes;
        return saysMore(error, cause?.finding_ids[0] ?? "") ? withCause(error, report) : error;
      } catch (failure) {
        // What was wrong with the diagnosis must not hide what was wrong with the connection.
        parts.context.reporter.log("debug", `diagnosis failed: ${messageOf(failure)}`);
        return error;
      }
    },
  };
}

async function run(
  command: Report["command"],
  checks: readonly CheckId[],
  target: DiagnosedTarget,
  about: { options: Wanted; aws: Aws; settings: LoadedConfig; context: Context },
): Promise<Diagnosis> {
  const { options, ...parts } = about;
  const { context, settings } = parts;
  const asked = targetOptions(options, target);
  const region = await regionChoice(asked, parts);
  const forwarding = await parametersFor(target.instanceId, asked, { ...parts, region });
  const { shellDocument: document } = options;
  const parameters: CheckParameters = document === undefined
    ? forwarding
    : { ...forwarding, connection: "shell", document };
  using engine = createEngine({
    ...parts,
    region,
    parameters,
    probesClient: checks.includes("network_connectivity"),
  });
  const progress = progressLine(context);
  try {
    return await diagnose(engine.parts, {
      command,
      checks,
      disabled: disabledChecks(settings.config.diagnostics.checks, settings.file),
      parameters,
      isParallel: true,
      timeoutMs: TIMEOUT_S * 1000,
      signal: context.stop.signal,
      onEvent: progress.onEvent,
    });
  } finally {
    progress.clear();
  }
}

function targetOptions(options: Wanted, { instanceId }: DiagnosedTarget): TargetOptions {
  const [forward] = options.forwards;
  return {
    instance: instanceId,
    aws: options.aws,
    timeoutS: TIMEOUT_S,
    isParallel: true,
    // The port is listened on by now.
    localPort: undefined,
    remotePort: forward?.remotePort,
    remoteHost: forward?.remoteHost,
    searchRegions: false,
    expectedDurationMin: undefined,
    expectedIdleMin: undefined,
    output: undefined,
    hasFormat: false,
    isRedacted: false,
  };
}

/**
 * Whether a cause says more than the failure does itself: refused credentials, our own limit on
 * sessions and an endpoint on this computer that does not answer are known by then.
 */
function saysMore(error: AppError, finding: string): boolean {
  if (error.kind === "auth") return !finding.startsWith("credentials.");
  if (error.kind === "resource") return !finding.startsWith("session_limits.SESSION_LIMIT_REACHED");
  if (error.kind !== "network") return true;
  return !/#(?:127\.[\d.]+|localhost|\[?::1\]?)(?::\d+)?$/.test(finding);
}

/** The same failure, with the likeliest cause as its reason and the way out of that. */
function withCause(error: AppError, report: Report): AppError {
  const [cause] = report.root_causes;
  if (cause === undefined) return error;
  const more = fullRun(report.target);
  const [step] = cause.remediation;
  const others = report.root_causes.length - 1;
  const also = others === 0 ? "" : ` (and ${others} more)`;
  return new AppError(error.kind, error.message, {
    why: `${cause.message}${also}`,
    hint: step === undefined
      ? `Run: ${more}`
      : step.includes(more)
      ? step
      : `${step}; all of it: ${more}`,
    cause: error,
  });
}

const KINDS: Readonly<Record<number, ErrorKind>> = { 3: "target", 4: "auth", 5: "resource" };

/** Criticals end the command before anything was opened; what could not be seen does not. */
function throwCritical(report: Report, instanceId: string): void {
  if (report.summary.counts.critical === 0) return;
  const kind = KINDS[report.summary.exit_code] ?? "target";
  throw withCause(
    new AppError(kind, `Cannot connect to ${instanceId}: the precheck failed`),
    report,
  );
}
