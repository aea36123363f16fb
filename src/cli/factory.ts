/**
 * The one place that builds concrete things and joins them.
 *
 * @module
 */

import { Aws, type AwsSettings, resolveInstance } from "../aws/mod.ts";
import type { LoadedConfig } from "../config/mod.ts";
import { listenTcp, startChild } from "../platform/mod.ts";
import {
  endpointProbe,
  LocalListener,
  type NewDataKey,
  PortSession,
  type PortSessionOptions,
  ReconnectGate,
  SessionManager,
  SessionPlaces,
  type SessionPolicy,
  webSocketTransport,
} from "../session/mod.ts";
import { awsChoice } from "./aws_choice.ts";
import type { ConnectOptions } from "./commands/connect.ts";
import type { ExecOptions } from "./commands/exec.ts";
import type { ShellOptions } from "./commands/shell.ts";
import type { SshProxyOptions } from "./commands/ssh_proxy.ts";
import type { VscodeSetupOptions } from "./commands/vscode.ts";
import type { ConnectParts } from "./connect/parts.ts";
import type { Context } from "./context.ts";
import type { ExecParts } from "./exec/parts.ts";
import { startHosting } from "./hosting.ts";
import type { AwsOptions, SessionOptions } from "./invocation.ts";
import { createInstancePicker } from "./pick/instance_picker.ts";
import type { ChosenInstance } from "./pick/choose_instance.ts";
import type { ShellParts } from "./shell/parts.ts";
import type { StreamSession } from "./stream_session.ts";
import type { SshProxyParts } from "./ssh_proxy/parts.ts";
import type { VscodeSetupParts } from "./vscode/setup_run.ts";

/** AWS, as options, environment and configuration choose it. Loads no SDK yet. */
export async function createAws(
  options: AwsOptions,
  settings: LoadedConfig,
  context: Context,
): Promise<Aws> {
  const { io, reporter } = context;
  const { connection_timeout, request_timeout } = settings.config.aws;
  const { fallbackRegion, ...choice } = awsChoice(options, settings, io.env);
  const awsSettings: AwsSettings = {
    ...choice,
    connectionTimeoutMs: connection_timeout * 1000,
    requestTimeoutMs: request_timeout * 1000,
    promptMfa: async (serial) => {
      const { askMfaCode } = await import("./prompts.ts");
      return await askMfaCode(serial, context);
    },
    env: (name) => io.env[name],
    log: (line) => reporter.log("debug", line),
  };
  const aws = new Aws(awsSettings);
  if (choice.region !== undefined || fallbackRegion === undefined) return aws;
  try {
    await aws.region();
    return aws;
  } catch {
    // Nothing names a region but our own file. A profile that does not exist shows again later.
    return new Aws({ ...awsSettings, region: fallbackRegion });
  }
}

/** What opening sessions needs of the options of a command. */
interface OpeningOptions extends SessionOptions {
  aws: AwsOptions;
}

/** Everything about the sessions of a command but what each is for. */
type SessionCommons = Omit<PortSessionOptions, "target" | "local" | "onEvent" | "signal">;

/** One for the process, however many commands run in it: their attempts take turns. */
const reconnectGate = new ReconnectGate();

/** Likewise: presets that come up together count each other. */
const sessionPlaces = new SessionPlaces();

/** Reads the account's limits when a session first wants them, once for all sessions of a command. */
function sessionPolicy(aws: Aws): NonNullable<PortSessionOptions["readPolicy"]> {
  let reading: Promise<SessionPolicy> | undefined;
  return (signal) =>
    reading ??= aws.sessionLimits(signal).catch((error) => {
      reading = undefined;
      throw error;
    });
}

async function sessionCommons(
  options: OpeningOptions,
  settings: LoadedConfig,
  context: Context,
): Promise<{ aws: Aws; commons: SessionCommons }> {
  const { io, reporter } = context;
  const aws = await createAws(options.aws, settings, context);
  const { aws: awsConfig, session: sessionConfig, resources } = settings.config;
  const { enabled, max_attempts, base_delay_ms, max_delay_ms } = sessionConfig.reconnection;
  const policy = {
    maxAttempts: max_attempts,
    baseDelayMs: base_delay_ms,
    maxDelayMs: max_delay_ms,
  };
  const trace = reporter.tells("trace") ? (line: string) => reporter.log("trace", line) : undefined;
  const env = (name: string) => io.env[name];
  const httpClient = () => aws.httpClient();
  const commons: SessionCommons = {
    service: aws.sessionService(),
    openTransport: webSocketTransport({
      signUpgrade: (url) => aws.signUpgrade(url),
      httpClient,
      caCerts: () => aws.caCertificates(),
      env,
      trace,
    }),
    connectTimeoutMs: awsConfig.connection_timeout * 1000,
    reconnect: options.reconnect && enabled ? policy : undefined,
    probe: endpointProbe({ env, httpClient }),
    gate: reconnectGate,
    priority: options.priority,
    keepAlive: options.keepAlive ?? sessionConfig.keep_alive,
    readPolicy: sessionPolicy(aws),
    healthCheckIntervalMs: sessionConfig.health_check_interval * 1000,
    isLowPower: resources.low_power_mode,
    credentialsExpireAtMs: () => aws.credentialsExpireAtMs,
    trace,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  };
  return { aws, commons };
}

/** Keeps the limit of sessions to one instance, with those of other processes. */
function sessionManager({ config }: LoadedConfig, context: Context): SessionManager {
  return new SessionManager({
    maxPerInstance: config.session.max_sessions_per_instance,
    places: sessionPlaces,
    elsewhere: async () => {
      const { sessionsElsewhere } = await import("./connect/sessions_elsewhere.ts");
      return await sessionsElsewhere(context);
    },
  });
}

/** The parts of `connect`. */
export async function createConnectParts(
  options: ConnectOptions,
  settings: LoadedConfig,
  context: Context,
): Promise<ConnectParts> {
  const { aws, commons } = await sessionCommons(options, settings, context);
  const manager = sessionManager(settings, context);
  return {
    instances: aws,
    startHosting: () => startHosting(settings.config, context),
    listen: async (address) => {
      try {
        return await listenTcp(address);
      } catch (error) {
        const { nameHolder } = await import("./connect/held_port.ts");
        const { heldSessions } = await import("./connect/sessions_elsewhere.ts");
        throw await nameHolder(error, address, () => heldSessions(context));
      }
    },
    openTunnel: async ({ instance, forward, listener, ...request }) => {
      const local = new LocalListener(forward, listener);
      const { instanceId } = instance;
      const { priority } = options;
      try {
        const region = await aws.region();
        const open = () =>
          PortSession.open({
            ...commons,
            ...request,
            target: instance,
            selector: options.instance ?? instanceId,
            preset: options.preset,
            region,
            local,
            reselect: (signal) => resolveInstance(aws, instance.selector, signal),
          });
        return await manager.open({ instanceId, priority }, open);
      } catch (error) {
        // Before it was the session's to close.
        local.close();
        throw error;
      }
    },
    startChild,
    diagnosis: async () => {
      const { connectDiagnosis } = await import("./diagnose/connect_diagnosis.ts");
      return connectDiagnosis(options, { aws, settings, context });
    },
    picker: createInstancePicker(aws, { settings, context }),
    [Symbol.dispose]: () => aws.close(),
  };
}

/** How a session is opened that leads to no port, and what of it is a command's own business. */
async function portlessSessions(
  options: OpeningOptions & { instance: string | undefined },
  settings: LoadedConfig,
  context: Context,
  shellDocument: string,
) {
  const { aws, commons } = await sessionCommons(options, settings, context);
  const manager = sessionManager(settings, context);
  const { priority } = options;
  const parts = {
    instances: aws,
    picker: createInstancePicker(aws, { settings, context }),
    startHosting: () => startHosting(settings.config, context),
    diagnosis: async () => {
      const { connectDiagnosis } = await import("./diagnose/connect_diagnosis.ts");
      const wanted = { aws: options.aws, forwards: [], shellDocument };
      return connectDiagnosis(wanted, { aws, settings, context });
    },
    [Symbol.dispose]: () => aws.close(),
  };
  const open = async (
    { instance, ...request }: Pick<PortSessionOptions, "local" | "onEvent" | "signal"> & {
      instance: ChosenInstance;
    },
  ) => {
    const { instanceId } = instance;
    const selector = options.instance ?? instanceId;
    const region = await aws.region();
    return await manager.open(
      { instanceId, priority },
      () => PortSession.open({ ...commons, ...request, target: instance, selector, region }),
    );
  };
  const newDataKey: NewDataKey = (request, signal) => aws.newDataKey(request, signal);
  return { parts, open, newDataKey };
}

/** What a command sees of a session that it has opened. */
function streamSession(session: PortSession, local: { flushed(): Promise<void> }): StreamSession {
  return {
    ready: session.ready,
    closed: session.closed,
    close: () => session.close(),
    held: session,
    flushed: () => local.flushed(),
  };
}

/** The parts of `shell`. */
export async function createShellParts(
  options: ShellOptions,
  settings: LoadedConfig,
  context: Context,
): Promise<ShellParts> {
  const { document } = options;
  const shellDocument = document ?? "SSM-SessionManagerRunShell";
  const sessions = await portlessSessions(options, settings, context, shellDocument);
  const { parts, open, newDataKey } = sessions;
  const [{ ShellSide }, { processConsole }] = await Promise.all([
    import("../session/shell_side.ts"),
    import("./shell/console.ts"),
  ]);
  return {
    ...parts,
    openConsole: processConsole,
    open: async ({ terminal, ...request }) => {
      const local = new ShellSide({ terminal, document, newDataKey });
      return streamSession(await open({ ...request, local }), local);
    },
  };
}

/** The parts of `exec`. */
export async function createExecParts(
  options: ExecOptions,
  settings: LoadedConfig,
  context: Context,
): Promise<ExecParts> {
  const { CommandSide, COMMAND_DOCUMENT } = await import("../session/command_side.ts");
  const sessions = await portlessSessions(options, settings, context, COMMAND_DOCUMENT);
  const { parts, open, newDataKey } = sessions;
  return {
    ...parts,
    open: async ({ command, ...request }) => {
      const streams = { stdout: Deno.stdout, stderr: Deno.stderr };
      const local = new CommandSide({ command, streams, newDataKey });
      const session = streamSession(await open({ ...request, local }), local);
      return {
        ...session,
        get exitCode() {
          return local.exitCode;
        },
        get hasReader() {
          return local.hasReader;
        },
        interrupt: () => local.interrupt(),
      };
    },
  };
}

/** The parts of `ssh-proxy`. */
export async function createSshProxyParts(
  options: SshProxyOptions,
  settings: LoadedConfig,
  context: Context,
): Promise<SshProxyParts> {
  const { aws, commons } = await sessionCommons(options, settings, context);
  const { StdioSide } = await import("../session/stdio_side.ts");
  const manager = sessionManager(settings, context);
  return {
    instances: aws,
    startHosting: () => startHosting(settings.config, context),
    sendSshPublicKey: (request, signal) => aws.sendSshPublicKey(request, signal),
    open: async ({ instanceId, remotePort, inputReady, ...request }) => {
      const input = {
        read: async (buffer: Uint8Array) => {
          await inputReady;
          return await Deno.stdin.read(buffer);
        },
      };
      const local = new StdioSide(remotePort, { input, output: Deno.stdout });
      const region = await aws.region();
      const { priority } = options;
      const session = await manager.open({ instanceId, priority }, () =>
        PortSession.open({
          ...commons,
          ...request,
          target: { instanceId },
          selector: options.host,
          region,
          local,
        }));
      return streamSession(session, local);
    },
    [Symbol.dispose]: () => aws.close(),
  };
}

/** The parts of `vscode setup`. */
export async function createVscodeSetupParts(
  options: VscodeSetupOptions,
  settings: LoadedConfig,
  context: Context,
): Promise<VscodeSetupParts> {
  const aws = await createAws(options.aws, settings, context);
  return {
    instances: aws,
    picker: createInstancePicker(aws, { settings, context }),
    platformName: (instanceId, signal) => aws.platformName(instanceId, signal),
    credentialOrigin: () => aws.credentialOrigin(),
    [Symbol.dispose]: () => aws.close(),
  };
}
