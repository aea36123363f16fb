/**
 * Joins the parts of a sandbox and takes them apart again.
 *
 * @module
 */
import { listenTcp } from "../platform/mod.ts";
import { ApiServer } from "./aws/api_server.ts";
import { CredentialStore } from "./aws/credential_store.ts";
import type { Sandbox, SandboxInstance, SandboxOptions } from "./contracts.ts";
import { FaultEngine } from "./faults/controls.ts";
import { FAULT_PATH } from "./faults/fault_api.ts";
import { FaultRegistry } from "./faults/registry.ts";
import { Fleet } from "./fleet.ts";
import { Gateway } from "./gateway/gateway.ts";
import { Homes } from "./pty/homes.ts";
import { isBaseScenario } from "./scenarios/base_scenarios.ts";
import { openServices } from "./services/services.ts";
import { SessionHost } from "./session_host.ts";
import { SessionRegistry } from "./session_registry.ts";
import { DEFAULT_TIMING, type SandboxTiming } from "./timing.ts";

/**
 * Starts an emulated AWS on loopback. It runs until `stop`, or the end of its `await using` block.
 *
 * @throws {AppError} `usage` for an unknown scenario, `resource` when a port cannot be had.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const hostname = options.hostname ?? "127.0.0.1";
  const log = options.log ?? (() => {});
  const fleet = new Fleet({
    region: options.region ?? "us-east-1",
    scenario: options.scenario,
    crowd: options.crowd,
  });
  Object.assign(fleet.cloud.region(fleet.region).preferences ?? {}, options.preferences);
  const timing = timingOf(fleet, options.timing);
  if (options.port) {
    // Deno.serve fails without a reason that helps; this one names who holds the port.
    (await listenTcp({ bind: hostname, port: options.port })).close();
  }
  const faults = new FaultRegistry();
  const credentials = new CredentialStore();
  credentials.isUserKeyExpired = () => faults.isUserKeyExpired;
  const nowMs = () => Date.now() + faults.clockSkewMs;
  const registry = new SessionRegistry({ tokenLifeMs: timing.tokenLifeMs });
  const homes = new Homes();
  const sessions = new SessionHost({
    fleet,
    faults,
    timing,
    isPaced: options.agentPacing ?? true,
    requiresKmsChallenge: options.requireKmsChallenge ?? false,
    homes,
    log,
  });
  const urlHost = hostname.includes(":") ? `[${hostname}]` : hostname;
  const controls = new FaultEngine({ registry: faults, sessions, credentials, nowMs });
  // What has been opened, to be closed in the opposite order, also when the next part cannot open.
  const opened = new AsyncDisposableStack();
  try {
    const services = await openServices({ hostname, sinkSilenceMs: timing.sinkSilenceMs });
    opened.defer(() => services.stop());
    opened.defer(() => homes.remove());
    // Before the services, which wait for their clients: those are the agents.
    opened.defer(() => sessions.stop());
    const gateway = await Gateway.open({
      hostname,
      sessions: registry,
      find: (sessionId) => sessions.find(sessionId),
      credentials,
      faults,
      timing,
      nowMs,
      log,
    });
    opened.defer(() => gateway.stop());
    const api = new ApiServer({
      fleet,
      sessions: registry,
      faults,
      credentials,
      controls,
      shellRefusal: shellRefusal(hostname, options.shells ?? true),
      gatewayUrl: `ws://${urlHost}:${gateway.port}`,
      start: (record) => sessions.start(record),
      terminate: (record) => sessions.find(record.sessionId)?.terminate(""),
      onInstanceDown: (instanceId) => {
        for (const session of sessions.inScope({ instance: instanceId })) session.terminate("");
      },
      nowMs,
      log,
    }, { hostname, port: options.port ?? 0 });
    opened.defer(() => api.stop());
    const endpointUrl = `http://${urlHost}:${api.port}`;
    let stopping: Promise<void> | undefined;
    const stop = () => stopping ??= opened.disposeAsync();
    return {
      endpointUrl,
      region: fleet.region,
      credentials: { ...credentials.user },
      faultUrl: endpointUrl + FAULT_PATH,
      instances: describeInstances(fleet, services.ports),
      faults: controls,
      sessions: () => sessions.snapshots(),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/**
 * The preferences of the sandbox's Region say when silent sessions end; times that were asked for say
 * what the preferences are, in the whole minutes that these know.
 */
function timingOf(fleet: Fleet, asked: Partial<SandboxTiming> = {}): SandboxTiming {
  const preferences = fleet.cloud.region(fleet.region).preferences;
  const timing = { ...DEFAULT_TIMING, ...asked };
  if (preferences === undefined) return timing;
  if (asked.idleTimeoutMs !== undefined) {
    const minutes = Math.max(1, Math.round(asked.idleTimeoutMs / MINUTE_MS));
    preferences.idleSessionTimeout = String(minutes);
    return timing;
  }
  const { idleSessionTimeout, maxSessionDuration } = preferences;
  if (idleSessionTimeout !== "") timing.idleTimeoutMs = Number(idleSessionTimeout) * MINUTE_MS;
  if (maxSessionDuration !== "") timing.maxDurationMs = Number(maxSessionDuration) * MINUTE_MS;
  return timing;
}

const MINUTE_MS = 60_000;

/** Shells run on this machine as its user: nobody on another one gets any. */
function shellRefusal(hostname: string, isWanted: boolean): string | undefined {
  if (!isWanted) return "this sandbox was started without shells";
  if (LOOPBACK.test(hostname)) return undefined;
  return "this sandbox can be reached from other machines, and so it has no shells";
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

function describeInstances(fleet: Fleet, services: SandboxInstance["services"]): SandboxInstance[] {
  return fleet.instances.map((instance) => ({
    instanceId: instance.instanceId,
    name: instance.tags["Name"] ?? "",
    scenario: instance.scenario,
    isForDiagnosis: !isBaseScenario(instance.scenario),
    state: instance.state,
    privateIp: instance.privateIp,
    services,
  }));
}
