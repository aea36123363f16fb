/**
 * `ssh-proxy`: the instance, one session, and its end with ssh's.
 *
 * @module
 */

import {
  explainNotConnected,
  parseSelector,
  resolveInstance,
  TargetNotConnectedError,
} from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import { AppError, messageOf, toAppError } from "../../errors/mod.ts";
import type { SshProxyOptions } from "../commands/ssh_proxy.ts";
import { type Context, loadSettings } from "../context.ts";
import { createSshProxyParts } from "../factory.ts";
import type { Hosting } from "../hosting.ts";
import { untilAborted } from "../stop.ts";
import type { StreamSession } from "../stream_session.ts";
import type { SshProxyParts } from "./parts.ts";
import { endError, SshReport } from "./report.ts";

/** A public key on its way. */
interface Pushed {
  /** Never resolves when the key was refused. */
  done: Promise<void>;
  /** Resolves only when it was refused. */
  failure: Promise<AppError>;
}

/** Makes the parts that a command line asks for. */
export type CreateSshProxyParts = (
  options: SshProxyOptions,
  settings: LoadedConfig,
  context: Context,
) => SshProxyParts | Promise<SshProxyParts>;

/** @returns 0 when ssh or the server has ended it, or somebody asked; 3 after any other end. */
export async function runSshProxy(
  options: SshProxyOptions,
  context: Context,
  createParts: CreateSshProxyParts = createSshProxyParts,
): Promise<number> {
  // Standard input is the peer's: an answer to a question would be read out of ssh's bytes.
  const quiet = { ...context, globals: { ...context.globals, input: false } };
  const selector = parseSelector(options.host);
  const settings = await loadSettings(quiet);
  using parts = await createParts(options, settings, quiet);
  await using hosting = parts.startHosting();
  const publicKey = options.pushKey && await readPublicKey(options.pushKey.publicKeyFile);
  const { instanceId } = await resolveInstance(parts.instances, selector, quiet.stop.signal);
  const name = `${instanceId}:${options.port}`;
  // Beside the opening, which takes longer; ssh is not heard before the key is where it is looked for.
  const pushed = pushKey(options, { parts, context: quiet, instanceId, publicKey });
  const stream = await open(options, { parts, hosting, context: quiet, instanceId, name, pushed });
  // Not awaited: nobody is told of it, and ssh waits for its first bytes.
  hosting.hold(stream.held);
  return await untilEnd(stream, { context: quiet, name, pushed });
}

async function readPublicKey(path: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    throw new AppError("usage", `Cannot read the public key ${path}: ${messageOf(error)}`, {
      hint: "Name the .pub file of a key pair, or run ec2-connect vscode setup again",
      cause: error,
    });
  }
}

function pushKey(
  { pushKey }: SshProxyOptions,
  { parts, context, instanceId, publicKey }: {
    parts: SshProxyParts;
    context: Context;
    instanceId: string;
    publicKey: string | undefined;
  },
): Pushed {
  const never = new Promise<never>(() => {});
  if (pushKey === undefined || publicKey === undefined) {
    return { done: Promise.resolve(), failure: never };
  }
  const { user } = pushKey;
  const { signal } = context.stop;
  const sending = parts.sendSshPublicKey({ instanceId, user, publicKey }, signal);
  return {
    done: sending.then(
      () => context.reporter.log("debug", `${instanceId}: the public key is in for ${user}`),
      () => never,
    ),
    failure: sending.then(() => never, toAppError),
  };
}

async function open(
  { port }: SshProxyOptions,
  { parts, hosting, context, instanceId, name, pushed }: {
    parts: SshProxyParts;
    hosting: Hosting;
    context: Context;
    instanceId: string;
    name: string;
    pushed: Pushed;
  },
): Promise<StreamSession> {
  const { reporter, stop } = context;
  const report = new SshReport(name, reporter);
  try {
    const stream = await parts.open({
      instanceId,
      remotePort: port,
      inputReady: pushed.done,
      onEvent: (event) => {
        hosting.noteEvent(event);
        report.event(event);
      },
      signal: stop.signal,
    });
    const { sessionId, connectMs, agentVersion } = stream.ready;
    const took = `${Math.round(connectMs)} ms`;
    reporter.log(
      "debug",
      `${name}: ready in ${took}, session ${sessionId}, agent ${agentVersion}`,
    );
    return stream;
  } catch (error) {
    if (!(error instanceof TargetNotConnectedError)) throw error;
    throw await explainNotConnected(parts.instances, error, stop.signal);
  }
}

async function untilEnd(
  stream: StreamSession,
  { context, name, pushed }: { context: Context; name: string; pushed: Pushed },
): Promise<number> {
  const { reporter, stop } = context;
  const asked = untilAborted([stop.signal]);
  const refusal = await Promise.race([stream.closed, asked.aborted, pushed.failure]);
  await stream.close();
  if (refusal instanceof AppError) throw refusal;
  // The server's last words are ssh's to read, however slowly; not when somebody wants us gone.
  await Promise.race([stream.flushed(), asked.aborted]);
  asked.stop();
  const failure = endError(await stream.closed, name);
  if (failure === undefined) return 0;
  reporter.error(failure);
  return failure.exitCode;
}
