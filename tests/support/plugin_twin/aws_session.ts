/**
 * `aws ssm start-session` with a session-manager-plugin of the caller's choice on PATH.
 *
 * @module
 */
import { dirname } from "node:path";
import { OutputText } from "./output_text.ts";
import { processTree, programOf, signalQuietly } from "./process_tree.ts";
import { findOnPath } from "./toolchain.ts";

/** How long a CLI that should leave may take. */
const LEAVE_MS = 20_000;

/** Where the CLI goes and as whom: the fields of a sandbox. */
export interface AwsAccess {
  endpointUrl: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export interface AwsSessionOptions {
  access: AwsAccess;
  /** Instance id. */
  target: string;
  documentName: string;
  parameters: Record<string, string>;
  /** The session-manager-plugin to use: the real one or the stand-in. */
  pluginPath: string;
  /** Further environment, as the stand-in's switches. */
  env?: Record<string, string>;
}

export type AwsForwardOptions =
  & Omit<AwsSessionOptions, "documentName" | "parameters">
  & {
    remotePort: number;
    /** A host that the instance reaches; the instance itself when left out. */
    remoteHost?: string;
    /** Default: any free one. */
    localPort?: number;
  };

/** What has to be installed for `AwsSession`, in words; `undefined`: nothing. */
export function missingAwsCli(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux, for /proc";
  return findOnPath("aws") === undefined ? "aws not installed: apt-get install awscli" : undefined;
}

/** A running `aws ssm start-session`. Dispose of it, or it goes on. */
export class AwsSession implements AsyncDisposable {
  readonly stdout: OutputText;
  readonly stderr: OutputText;
  /** `performance.now()` just before the CLI was started. */
  readonly startedAtMs = performance.now();
  readonly #child: Deno.ChildProcess;

  constructor(options: AwsSessionOptions) {
    this.#child = new Deno.Command("aws", {
      args: [
        "ssm",
        "start-session",
        // Versions before 2.13 know no AWS_ENDPOINT_URL.
        "--endpoint-url",
        options.access.endpointUrl,
        "--target",
        options.target,
        "--document-name",
        options.documentName,
        "--parameters",
        JSON.stringify(
          Object.fromEntries(Object.entries(options.parameters).map(([k, v]) => [k, [v]])),
        ),
      ],
      clearEnv: true,
      env: { ...environment(options), ...options.env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdout = new OutputText(this.#child.stdout);
    this.stderr = new OutputText(this.#child.stderr);
  }

  get stdin(): WritableStream<Uint8Array> {
    return this.#child.stdin;
  }

  /** The CLI's process and those below it: the plugin is the last. */
  processIds(): number[] {
    return processTree(this.#child.pid);
  }

  /** The plugin's process, once there is one. */
  pluginProcessId(): number | undefined {
    return this.processIds().find((pid) => programOf(pid).endsWith("session-manager-plugin"));
  }

  /** Ctrl-C as a terminal gives it: to every process of the group, of which the plugin listens. */
  interrupt(): void {
    for (const pid of this.processIds()) signalQuietly(pid, "SIGINT");
  }

  /**
   * The CLI's exit status, once it has left and its output is read. What does not leave within 20 s,
   * as the plugin does when it hangs, is killed: 137 or the CLI's word for it.
   */
  async exitCode(): Promise<number> {
    const killing = setTimeout(() => {
      for (const pid of this.processIds()) signalQuietly(pid, "SIGKILL");
    }, LEAVE_MS);
    const { code } = await this.#child.status;
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    clearTimeout(killing);
    return code;
  }

  /**
   * Ends its input, which ends an SSH session, and interrupts it, which ends the others. Returns the
   * exit status.
   */
  async stop(): Promise<number> {
    if (!this.#child.stdin.locked) await this.#child.stdin.close().catch(() => {});
    this.interrupt();
    return await this.exitCode();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A forward that is open. */
export interface AwsForward extends AsyncDisposable {
  session: AwsSession;
  sessionId: string;
  port: number;
  /** From starting the CLI to the line that says the port is open. */
  startMs: number;
}

/**
 * Starts a port forward and waits for its port.
 *
 * @throws {Error} If the CLI leaves first; its output is in the message.
 */
export async function startAwsForward(options: AwsForwardOptions): Promise<AwsForward> {
  const { remotePort, remoteHost, localPort = 0, ...rest } = options;
  const document = remoteHost === undefined
    ? "AWS-StartPortForwardingSession"
    : "AWS-StartPortForwardingSessionToRemoteHost";
  const session = new AwsSession({
    ...rest,
    documentName: document,
    parameters: {
      ...(remoteHost !== undefined && { host: remoteHost }),
      portNumber: String(remotePort),
      localPortNumber: String(localPort),
    },
  });
  try {
    const [, port, sessionId] = await session.stdout.waitFor(
      /^Port (\d+) opened for sessionId (\S+)\.$/m,
    );
    return {
      session,
      sessionId: sessionId!,
      port: Number(port),
      startMs: performance.now() - session.startedAtMs,
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  } catch (error) {
    const code = await session.stop();
    throw new Error(`aws left with status ${code}: ${session.stderr.text}`, { cause: error });
  }
}

/** This process's environment without whatever could lead the CLI, or the plugin, elsewhere. */
function environment(options: AwsSessionOptions): Record<string, string> {
  const kept = Object.entries(Deno.env.toObject())
    .filter(([name]) => !/^(aws_|.*_proxy$|plugin_twin_)/i.test(name));
  const { access, pluginPath } = options;
  return {
    ...Object.fromEntries(kept),
    PATH: `${dirname(pluginPath)}:${Deno.env.get("PATH") ?? ""}`,
    AWS_REGION: access.region,
    // Version 1 of the CLI knows this one only.
    AWS_DEFAULT_REGION: access.region,
    AWS_ACCESS_KEY_ID: access.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_PAGER: "",
  };
}
