/**
 * `sandbox`: serves the emulated AWS until somebody asks to stop.
 *
 * @module
 */

import type { Clock } from "../../platform/mod.ts";
import type { SandboxOptions } from "../commands/sandbox.ts";
import type { Context } from "../context.ts";
import { untilAborted } from "../stop.ts";
import { tableLines } from "../table.ts";

/** What of a running sandbox the command shows and ends. */
export interface ServedSandbox {
  endpointUrl: string;
  region: string;
  /** Made up by the sandbox, and good for nothing else. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  faultUrl: string;
  instances: readonly {
    instanceId: string;
    name: string;
    scenario: string;
    /** Not one of those to try connections with. */
    isForDiagnosis: boolean;
    services: { echo: number; http: number; sink: number; ssh: number };
  }[];
  stop(): Promise<void>;
}

export type StartSandbox = (options: {
  port: number;
  scenario?: string;
  agentPacing: boolean;
  shells: boolean;
  log: (line: string) => void;
}) => Promise<ServedSandbox>;

/** @returns 0 when it was asked to stop. */
export async function runSandbox(
  options: SandboxOptions,
  context: Context,
  start: StartSandbox,
): Promise<number> {
  const { reporter, io, stop } = context;
  const sandbox = await start({
    port: options.port,
    agentPacing: options.agentPacing,
    shells: options.shells,
    log: (line) => reporter.log("debug", line),
    ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
  });
  try {
    if (reporter.format === "json") reporter.jsonResult(readyEvent(sandbox));
    else for (const line of readyLines(sandbox, io.os)) reporter.result(line);
    reporter.note("Serving until Ctrl-C");
    await untilAborted([stop.signal, io.output.stdoutBroken]).aborted;
    return 0;
  } finally {
    await stopWithin(STOP_TIMEOUT_MS, sandbox, io.clock);
  }
}

/** How long connections that clients keep open may hold the end back. */
const STOP_TIMEOUT_MS = 1_000;

async function stopWithin(timeoutMs: number, sandbox: ServedSandbox, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.setTimeout(late.resolve, timeoutMs);
  await Promise.race([sandbox.stop(), late.promise]);
  clock.clearTimeout(timer);
}

function readyEvent(sandbox: ServedSandbox): Record<string, unknown> {
  const { endpointUrl, region, credentials, faultUrl, instances } = sandbox;
  return {
    event: "ready",
    endpoint_url: endpointUrl,
    region,
    credentials: {
      access_key_id: credentials.accessKeyId,
      secret_access_key: credentials.secretAccessKey,
    },
    fault_url: faultUrl,
    instances: instances.map((instance) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      scenario: instance.scenario,
      services: instance.services,
    })),
  };
}

const COLUMNS = ["INSTANCE", "NAME", "SCENARIO", "SERVICES"].map((title) => ({ title }));

/** What to export, the instances, and the ports of the services behind them. */
export function readyLines(sandbox: ServedSandbox, os: typeof Deno.build.os): string[] {
  const { endpointUrl, region, credentials, faultUrl, instances } = sandbox;
  const variables = {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: region,
    // Version 1 of the AWS CLI knows this one only.
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const assign = (name: string, value: string) =>
    os === "windows" ? `$env:${name} = "${value}"` : `export ${name}=${value}`;
  const forConnections = instances.filter(({ isForDiagnosis }) => !isForDiagnosis);
  const shown = forConnections.length > 0 ? forConnections : instances;
  const rows = shown.map((
    { instanceId, name, scenario, services },
  ) => [instanceId, name || "-", scenario, servicePorts(services)]);
  const more = instances.length - shown.length;
  return [
    ...Object.entries(variables).map(([name, value]) => assign(name, value)),
    "",
    ...tableLines(COLUMNS, rows, undefined),
    ...(more > 0 ? [`${more} more, to be diagnosed: ec2-connect sandbox --list`] : []),
    "",
    `Faults: ${faultUrl}`,
  ];
}

/** `echo 40001, http 40002, sink 40003, ssh 40004` */
function servicePorts(services: ServedSandbox["instances"][number]["services"]): string {
  return Object.entries(services).map(([name, port]) => `${name} ${port}`).join(", ");
}
