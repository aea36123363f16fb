/**
 * Our command as the bench subject: sandbox and tunnel as processes of their own.
 *
 * @module
 */
import { type Child, startCommand } from "../../tests/support/command.ts";
import { ownFolders } from "../../tests/support/own_folders.ts";
import type { TunnelPorts } from "./measure.ts";

/** A running sandbox. */
export interface BenchSandbox extends AsyncDisposable {
  /** What a client's environment needs to reach it. */
  env: Record<string, string>;
  instanceId: string;
  /** Ports on the instance. */
  services: TunnelPorts;
}

interface SandboxReady {
  endpoint_url: string;
  region: string;
  credentials: { access_key_id: string; secret_access_key: string };
  instances: { instance_id: string; services: Record<string, number> }[];
}

/** Starts a sandbox; `agentPacing` keeps the real agent's 1 ms after each message. */
export async function startBenchSandbox(agentPacing: boolean): Promise<BenchSandbox> {
  const pacing = agentPacing ? "--agent-pacing" : "--no-agent-pacing";
  const child = startCommand(["sandbox", pacing, "--format", "json"]);
  const ready = await child.event<SandboxReady>("ready");
  const folders = await ownFolders();
  const instance = ready.instances.find((candidate) => candidate.services["echo"] !== undefined)!;
  const { echo, http, sink } = instance.services;
  return {
    env: {
      ...folders.env,
      AWS_ENDPOINT_URL: ready.endpoint_url,
      AWS_REGION: ready.region,
      AWS_DEFAULT_REGION: ready.region,
      AWS_ACCESS_KEY_ID: ready.credentials.access_key_id,
      AWS_SECRET_ACCESS_KEY: ready.credentials.secret_access_key,
    },
    instanceId: instance.instance_id,
    services: { echo: echo!, http: http!, sink: sink! },
    async [Symbol.asyncDispose]() {
      await child.interrupt();
      await folders[Symbol.asyncDispose]();
    },
  };
}

/** A process that holds tunnels. */
export interface BenchTunnel extends AsyncDisposable {
  ports: TunnelPorts;
  /** From the start of the process to the last port being served. */
  readyMs: number;
  pids: number[];
}

/** One `connect` with a session for each service. */
export async function openOurTunnel(sandbox: BenchSandbox): Promise<BenchTunnel> {
  const { echo, http, sink } = sandbox.services;
  const startedMs = performance.now();
  const child = startConnect(sandbox, [echo, http, sink]);
  const ports = new Map<number, number>();
  while (ports.size < 3) {
    const ready = await child.event<{ remote_port: number; local_port: number }>("ready");
    ports.set(ready.remote_port, ready.local_port);
  }
  return {
    ports: { echo: ports.get(echo)!, http: ports.get(http)!, sink: ports.get(sink)! },
    readyMs: performance.now() - startedMs,
    pids: [child.process.pid],
    async [Symbol.asyncDispose]() {
      await child.interrupt();
    },
  };
}

function startConnect(sandbox: BenchSandbox, remotePorts: number[]): Child {
  const forwards = remotePorts.flatMap((port) => ["-L", `0:${port}`]);
  return startCommand(["connect", sandbox.instanceId, ...forwards, "--format", "json"], {
    env: { ...sandbox.env, EC2_CONNECT_MAX_SESSIONS: "100" },
  });
}

/** From the start of `connect` with one forward to `ready`, in ms. */
export async function ourStartMs(sandbox: BenchSandbox): Promise<number> {
  const startedMs = performance.now();
  const child = startConnect(sandbox, [sandbox.services.echo]);
  await child.event("ready");
  const elapsedMs = performance.now() - startedMs;
  await child.interrupt();
  return elapsedMs;
}

/** Processes with `count` sessions, for their memory. */
export async function withSessions<T>(
  sandbox: BenchSandbox,
  count: number,
  use: (pid: number) => Promise<T>,
): Promise<T> {
  const child = startConnect(sandbox, Array(count).fill(sandbox.services.echo));
  for (let i = 0; i < count; i++) await child.event("ready");
  try {
    return await use(child.process.pid);
  } finally {
    await child.interrupt();
  }
}
