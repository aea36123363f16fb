/**
 * The AWS CLI with a session-manager-plugin as the bench subject.
 *
 * The real plugin where it is on PATH; else the stand-in of `tests/support/plugin_twin`, written from
 * the protocol's description on the libraries that the plugin uses. The tables say which it was.
 *
 * @module
 */
import {
  type AwsForward,
  buildProgram,
  missingAwsCli,
  startAwsForward,
} from "../../tests/support/plugin_twin.ts";
import type { BenchSandbox, BenchTunnel } from "./ours.ts";

/** What is measured beside us. */
export interface Rival {
  /** For the table's heading. */
  name: string;
  pluginPath: string;
}

/** The rival of this machine, or why there is none. */
export async function findRival(): Promise<Rival | { missing: string }> {
  const missing = missingAwsCli();
  if (missing !== undefined) return { missing };
  const real = await which("session-manager-plugin");
  if (real !== undefined) return { name: "aws + session-manager-plugin", pluginPath: real };
  const twin = await buildProgram("session-manager-plugin");
  if (twin.path === undefined) return { missing: twin.reason };
  return { name: "aws + plugin stand-in", pluginPath: twin.path };
}

async function which(program: string): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-c", `command -v ${program}`],
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

function open(rival: Rival, sandbox: BenchSandbox, remotePort: number): Promise<AwsForward> {
  return startAwsForward({
    access: {
      endpointUrl: sandbox.env["AWS_ENDPOINT_URL"]!,
      region: sandbox.env["AWS_REGION"]!,
      credentials: {
        accessKeyId: sandbox.env["AWS_ACCESS_KEY_ID"]!,
        secretAccessKey: sandbox.env["AWS_SECRET_ACCESS_KEY"]!,
      },
    },
    target: sandbox.instanceId,
    pluginPath: rival.pluginPath,
    remotePort,
  });
}

/** One CLI and plugin for each service: a plugin serves one port. */
export async function openTheirTunnel(rival: Rival, sandbox: BenchSandbox): Promise<BenchTunnel> {
  const { echo, http, sink } = sandbox.services;
  const startedMs = performance.now();
  const forwards: AwsForward[] = [];
  for (const port of [echo, http, sink]) forwards.push(await open(rival, sandbox, port));
  const ports = forwards.map((forward) => forward.port);
  return {
    ports: { echo: ports[0]!, http: ports[1]!, sink: ports[2]! },
    readyMs: performance.now() - startedMs,
    pids: forwards[0]!.session.processIds(),
    async [Symbol.asyncDispose]() {
      for (const forward of forwards) await forward[Symbol.asyncDispose]();
    },
  };
}

/** From the start of the CLI to its port being open, in ms. */
export async function theirStartMs(rival: Rival, sandbox: BenchSandbox): Promise<number> {
  await using forward = await open(rival, sandbox, sandbox.services.echo);
  return forward.startMs;
}
