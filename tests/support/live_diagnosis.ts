/**
 * Whole diagnoses of an endpoint's instances in the test's process: real calls, real facts, every check.
 * Of this computer nothing is looked at but the environment that the test makes.
 *
 * @module
 */
import { Aws } from "../../src/aws/mod.ts";
import {
  allReaders,
  type AnswerTime,
  CHECK_IDS,
  type CheckId,
  type CheckParameters,
  diagnose,
  type Diagnosis,
  failedFact,
  readLocalCredentials,
  SdkTransport,
} from "../../src/diagnostics/mod.ts";
import { systemClock } from "../../src/platform/mod.ts";
import { healthyParameters } from "./facts.ts";
import type { Keys } from "./sandbox.ts";

export interface LiveDiagnosis {
  endpoint: string;
  region: string;
  keys: Keys;
  instanceId: string;
  /** Default: all that look at AWS. */
  checks?: readonly CheckId[];
  parameters?: Partial<CheckParameters>;
  isParallel?: boolean;
  timeoutMs?: number;
}

/** Checks of this computer alone. */
const LOCAL: readonly CheckId[] = ["local_port_availability", "local_prerequisites"];

export async function diagnoseLive(request: LiveDiagnosis): Promise<Diagnosis> {
  const { endpoint, region, keys, instanceId } = request;
  const environment: Record<string, string> = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    ...(keys.sessionToken !== undefined && { AWS_SESSION_TOKEN: keys.sessionToken }),
    // Nothing of this machine's configuration.
    AWS_CONFIG_FILE: "/nonexistent/config",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials",
  };
  using aws = new Aws({
    connectionTimeoutMs: 30_000,
    requestTimeoutMs: 30_000,
    env: (name) => environment[name],
  });
  const nowMs = Date.now();
  const times: AnswerTime[] = [];
  using transport = new SdkTransport(aws, {
    epochMs: () => Date.now(),
    onAnswer: (time) => times.push(time),
  });
  const none = (what: string) => () => {
    throw failedFact("not_applicable", what, "only AWS is looked at");
  };
  const readers = allReaders({
    credentials: () => readLocalCredentials(aws, { hasEnvironmentKeys: true, nowMs }),
    region: { name: region, source: "AWS_REGION", profileRegion: undefined },
    answerTimes: () => times,
  }, {
    localSessions: () => Promise.resolve([]),
    localPort: none("probe the local port"),
    localTools: none("look for local tools"),
    clientProbes: () => Promise.resolve([]),
  });
  return await diagnose({
    transport,
    readers,
    clock: systemClock,
    random: Math.random,
    version: "test",
  }, {
    command: "full",
    checks: request.checks ?? CHECK_IDS.filter((id) => !LOCAL.includes(id)),
    disabled: new Set(),
    parameters: healthyParameters({
      instanceId,
      region,
      nowMs,
      localPort: undefined,
      endpointOverride: endpoint,
      ...request.parameters,
    }),
    isParallel: request.isParallel ?? true,
    timeoutMs: request.timeoutMs ?? 60_000,
    signal: new AbortController().signal,
  });
}
