/**
 * The parts of a diagnosis, joined: AWS, readers, this computer's own facts.
 *
 * @module
 */

import type { Aws } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import {
  allReaders,
  type AnswerTime,
  type CheckParameters,
  type DiagnosisParts,
  FactCache,
  FactFiles,
  failedFact,
  type LocalReaders,
  probeEndpoint,
  probeLocalPort,
  probeTargets,
  readLocalCredentials,
  readLocalTools,
  type RegionChoice,
  SdkTransport,
} from "../../diagnostics/mod.ts";
import { cacheFolder, dataFolder } from "../../platform/mod.ts";
import type { Context } from "../context.ts";
import { VERSION } from "../version.ts";
import { liveSessions } from "./live_sessions.ts";

export interface Engine extends Disposable {
  parts: DiagnosisParts;
}

export interface EngineRequest {
  aws: Aws;
  settings: LoadedConfig;
  context: Context;
  region: RegionChoice;
  parameters: CheckParameters;
  /** False: nothing is tried from this computer but calls of AWS. */
  probesClient: boolean;
  /** Facts are remembered from run to run; undefined: they are not. */
  memory?: { clearsFirst: boolean } | undefined;
}

export function createEngine(request: EngineRequest): Engine {
  const { aws, context, region, parameters } = request;
  const { io, reporter } = context;
  const times: AnswerTime[] = [];
  const transport = new SdkTransport(aws, {
    epochMs: () => io.clock.epochMs(),
    onAnswer: (time) => times.push(time),
  });
  const readers = allReaders({
    credentials: () =>
      readLocalCredentials(aws, {
        hasEnvironmentKeys: Boolean(io.env["AWS_ACCESS_KEY_ID"]),
        nowMs: parameters.nowMs,
      }),
    region,
    answerTimes: () => times,
  }, localReaders(request));
  const parts: DiagnosisParts = {
    transport,
    readers,
    clock: io.clock,
    random: Math.random,
    version: VERSION,
    memory: memoryOf(request),
    log: (line) => reporter.log("debug", line),
  };
  return { parts, [Symbol.dispose]: () => transport[Symbol.dispose]() };
}

function memoryOf({ memory, context, parameters }: EngineRequest): FactCache | undefined {
  const folder = factFolder(context);
  if (memory === undefined || folder === undefined) return undefined;
  const files = new FactFiles(folder, (message) => {
    context.reporter.warn(`Diagnosis: ${message}`);
  });
  return new FactCache(files, { clock: context.io.clock, parameters, ...memory });
}

/** Where facts are remembered; undefined where no folder for it is known. */
export function factFolder({ io }: Context): string | undefined {
  const folder = cacheFolder(io);
  return folder === undefined ? undefined : `${folder}${io.os === "windows" ? "\\" : "/"}diag`;
}

function localReaders({ aws, settings, context, parameters, probesClient }: EngineRequest) {
  const { io } = context;
  const env = (name: string) => io.env[name];
  const readers: LocalReaders = {
    localSessions: () => liveSessions(settings, context, parameters.instanceId),
    localPort: async () => {
      const { localPort } = parameters;
      if (localPort === undefined) {
        throw failedFact("not_applicable", "probe the local port", "no port was named");
      }
      return await probeLocalPort(localPort);
    },
    localTools: () =>
      readLocalTools({
        wantsEditor: parameters.localTools === "vscode",
        usesPlugin: false,
        home: env("HOME") ?? env("USERPROFILE"),
        hostNames: [parameters.instanceId],
        dataFolder: dataFolder(io) ?? ".",
      }),
    clientProbes: async ({ signal }) => {
      if (!probesClient) {
        throw failedFact(
          "not_applicable",
          "probe the endpoints",
          "the configuration alone is read",
        );
      }
      const { region, partition } = parameters;
      const override = (service: string) => aws.endpointOverride(service.toUpperCase());
      const targets = await probeTargets({ region, partition, override, env });
      const caCerts = await aws.caCertificates();
      return await Promise.all(
        targets.map((target) => probeEndpoint(target, { caCerts, signal })),
      );
    },
  };
  return readers;
}
