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
import type { SshProxyOptions } from "../commands/ssh_proxy.ts";
import { type Context, loadSettings } from "../context.ts";
import { createSshProxyParts } from "../factory.ts";
import type { Hosting } from "../hosting.ts";
import { untilAborted } from "../stop.ts";
import type { SshProxyParts, SshStream } from "./parts.ts";
import { endError, SshReport } from "./report.ts";

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
  const { instanceId } = await resolveInstance(parts.instances, selector, quiet.stop.signal);
  const name = `${instanceId}:${options.port}`;
  const stream = await open(options, { parts, hosting, context: quiet, instanceId, name });
  // Not awaited: nobody is told of it, and ssh waits for its first bytes.
  hosting.hold(stream.held);
  return await untilEnd(stream, { context: quiet, name });
}

async function open(
  { port }: SshProxyOptions,
  { parts, hosting, context, instanceId, name }: {
    parts: SshProxyParts;
    hosting: Hosting;
    context: Context;
    instanceId: string;
    name: string;
  },
): Promise<SshStream> {
  const { reporter, stop } = context;
  const report = new SshReport(name, reporter);
  try {
    const stream = await parts.open({
      instanceId,
      remotePort: port,
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
  stream: SshStream,
  { context, name }: { context: Context; name: string },
): Promise<number> {
  const { reporter, stop } = context;
  const asked = untilAborted([stop.signal]);
  await Promise.race([stream.closed, asked.aborted]);
  await stream.close();
  // The server's last words are ssh's to read, however slowly; not when somebody wants us gone.
  await Promise.race([stream.flushed(), asked.aborted]);
  asked.stop();
  const failure = endError(await stream.closed, name);
  if (failure === undefined) return 0;
  reporter.error(failure);
  return failure.exitCode;
}
