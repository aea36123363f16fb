/**
 * `ec2-connect diagnose` inside the test's process, against a sandbox, with the time of this machine.
 *
 * @module
 */

import { parseCommandLine } from "../../src/cli/program.ts";
import type { DiagnoseOptions } from "../../src/cli/diagnose/options.ts";
import { runDiagnose } from "../../src/cli/diagnose/run.ts";
import type { Report } from "../../src/diagnostics/mod.ts";
import { type Clock, systemClock } from "../../src/platform/mod.ts";
import { fakeContext, FakeIo, type FakeIoOptions } from "./fake_io.ts";
import type { TestSandbox } from "./sandbox.ts";

/** Signatures are only taken for a few minutes, so the clock must be right. */
class RealTimeIo extends FakeIo {
  override readonly clock: FakeIo["clock"] & Clock;

  constructor(options: FakeIoOptions) {
    super(options);
    this.clock = systemClock as FakeIo["clock"] & Clock;
  }
}

export interface SandboxDiagnosis {
  exitCode: number;
  report: Report;
}

/**
 * Runs one command line of `diagnose`, without its `--format`.
 *
 * @param options.env In place of keys in the environment.
 * @param options.output Where the report is, if not on standard output.
 */
export async function diagnoseSandbox(
  { sandbox }: TestSandbox,
  args: readonly string[],
  options: { env?: Record<string, string>; output?: string } = {},
): Promise<SandboxDiagnosis> {
  const home = await Deno.makeTempDir();
  try {
    const io = new RealTimeIo({
      env: {
        HOME: home,
        AWS_ENDPOINT_URL: sandbox.endpointUrl,
        AWS_REGION: sandbox.region,
        ...options.env ?? {
          AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
        },
      },
    });
    const line = ["diagnose", ...args, "--format", "json"];
    const invocation = await parseCommandLine(line, { columns: 80 });
    if ("show" in invocation) throw new Error(`shown instead of parsed: ${line.join(" ")}`);
    using context = fakeContext(io, { format: "json" });
    const exitCode = await runDiagnose(invocation.options as DiagnoseOptions, context);
    const text = options.output === undefined
      ? await io.stdout()
      : await Deno.readTextFile(options.output);
    return { exitCode, report: JSON.parse(text) };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
