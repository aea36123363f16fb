/**
 * Commands of the diagnosis against a sandbox, run inside the test's process through the command line.
 *
 * @module
 */
import { run } from "../../src/cli/mod.ts";
import type { Report, ReportFinding } from "../../src/diagnostics/mod.ts";
import { type Clock, systemClock } from "../../src/platform/mod.ts";
import type { Sandbox } from "../../src/sandbox/mod.ts";
import { FakeIo } from "./fake_io.ts";

export interface DiagnosedOptions {
  /** Beside the sandbox's own. */
  env?: Record<string, string>;
  clock?: Clock;
  isTerminal?: boolean;
}

export interface Diagnosed {
  code: number;
  stdout: string;
  stderr: string;
}

/** A process with the sandbox's address and keys in its environment, on the real clock. */
export class SandboxIo extends FakeIo {
  override readonly clock: FakeIo["clock"];

  constructor(sandbox: Sandbox, options: DiagnosedOptions = {}) {
    super({
      isTerminal: options.isTerminal ?? false,
      env: {
        AWS_ENDPOINT_URL: sandbox.endpointUrl,
        AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
        AWS_REGION: sandbox.region,
        ...options.env,
      },
    });
    // Only a clock of the interface's shape is used.
    this.clock = (options.clock ?? systemClock) as FakeIo["clock"];
  }
}

/** The system's clock, but for the time of day: two runs see the same "40 min ago". */
export function frozenClock(epochMs = Date.now()): Clock {
  return { ...systemClock, epochMs: () => epochMs };
}

/** Runs one command line to its end. */
export async function runOn(
  sandbox: Sandbox,
  args: readonly string[],
  options: DiagnosedOptions = {},
): Promise<Diagnosed> {
  const io = new SandboxIo(sandbox, options);
  const code = await run(args, io);
  return { code, stdout: await io.stdout(), stderr: await io.stderr() };
}

/** The report of a command line, to which `--format json` is added. */
export async function reportOf(
  sandbox: Sandbox,
  args: readonly string[],
  options: DiagnosedOptions = {},
): Promise<{ report: Report; code: number; stderr: string }> {
  const { code, stdout, stderr } = await runOn(sandbox, [...args, "--format", "json"], options);
  if (stdout === "") throw new Error(`no report, exit code ${code}: ${stderr}`);
  return { report: JSON.parse(stdout), code, stderr };
}

/** `check/CODE` of what the report blames first: its first root cause, else its worst finding. */
export function firstCause(report: Report): string {
  const blamed = report.root_causes[0]?.finding_ids[0];
  const all = report.checks.flatMap(({ id, findings }) =>
    findings.map((finding) => ({ check: id, finding }))
  );
  if (blamed !== undefined) {
    const found = all.find(({ finding }) => finding.id === blamed);
    return found === undefined ? blamed : `${found.check}/${found.finding.code}`;
  }
  const [worst] = all.filter(({ finding }) => badness(finding) > 0)
    .toSorted((a, b) => badness(b.finding) - badness(a.finding));
  return worst === undefined ? "-" : `${worst.check}/${worst.finding.code}`;
}

function badness({ status, severity }: ReportFinding): number {
  const bySeverity = ["info", "low", "medium", "high", "critical"].indexOf(severity);
  switch (status) {
    case "critical":
      return 100;
    case "unknown":
      return 50;
    case "warning":
      return 10 + bySeverity;
    default:
      return 0;
  }
}

/** The report without what differs from run to run. */
export function comparable(report: Report): unknown {
  const { run_id: _run, started_at: _at, duration_ms: _took, ...rest } = report;
  const json = JSON.stringify(
    rest,
    (key, value) =>
      ["duration_ms", "latency_ms", "request_id", "age_s", "skew_ms", "tolerance_ms"].includes(key)
        ? null
        : value,
  );
  return JSON.parse(json);
}
