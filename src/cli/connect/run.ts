/**
 * `connect`: listeners first, then the instance, then the sessions; and all of it back at the end.
 *
 * @module
 */

import { parseSelector } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import type { Forward } from "../../session/mod.ts";
import type { ConnectLine, ConnectOptions } from "../commands/connect.ts";
import { type Context, loadSettings } from "../context.ts";
import { explainFailure } from "../explain_failure.ts";
import { createConnectParts } from "../factory.ts";
import { isLoopback } from "../forward_spec.ts";
import { completeOptions } from "../presets/apply.ts";
import { orPresetMeant } from "../presets/find.ts";
import { chooseInstance, requireInstance } from "../pick/choose_instance.ts";
import { runWithForwards } from "./command.ts";
import type { ConnectParts } from "./parts.ts";
import { showStatusLine } from "./status_line.ts";
import { Tunnels } from "./tunnels.ts";

/** Makes the parts that a command line asks for. */
export type CreateParts = (
  options: ConnectOptions,
  settings: LoadedConfig,
  context: Context,
) => ConnectParts | Promise<ConnectParts>;

/** @returns 0 after a clean end, 3 when a tunnel ended unasked, or the command's own status. */
export async function runConnect(
  line: ConnectLine,
  context: Context,
  createParts: CreateParts = createConnectParts,
): Promise<number> {
  const { job } = context.io;
  const written = job?.instance ?? line.instance;
  if (written === undefined) requireInstance(undefined, context);
  const settings = await loadSettings(context);
  const options = completeOptions(line, settings.config);
  if (options.preset !== undefined) {
    context.reporter.log("debug", `preset ${options.preset}: ${options.instance}`);
  }
  // The process that asked the background host has saved it.
  const save = job === undefined ? line.save : undefined;
  if (save !== undefined && options.instance !== undefined) {
    await (await import("../presets/save.ts")).savePreset(save, options, { settings, context });
  }
  if (options.background && job === undefined) {
    const { connectInBackground } = await import("../background/connect.ts");
    return await connectInBackground(options, { line, settings, context, createParts });
  }
  const asked = job?.instance ?? options.instance;
  const selector = asked === undefined ? undefined : parseSelector(asked);
  using parts = await createParts(options, settings, context);
  // Before any call: a taken port is found at once, and nothing has to be undone then.
  using listeners = await openListeners(options.forwards, parts);
  warnOfOpenPorts(options.forwards, context);
  await using hosting = parts.startHosting();
  const instance = await orPresetMeant(
    () => chooseInstance(selector, { parts, context, question: "Connect to" }),
    { line, settings },
  );
  if (save !== undefined && options.instance === undefined) {
    const picked = { ...options, instance: instance.instanceId };
    await (await import("../presets/save.ts")).savePreset(save, picked, { settings, context });
  }
  const hasCommand = options.command !== undefined;
  await using tunnels = new Tunnels({ parts, hosting, context, hasCommand });
  if (options.precheck) await (await parts.diagnosis?.())?.before(instance);
  try {
    await tunnels.open(instance, options.forwards, listeners.handOver());
  } catch (error) {
    const { diagnose } = options;
    throw await explainFailure(error, { instance, diagnose, parts, context });
  }
  job?.onReady();
  if (options.command !== undefined) {
    return await runWithForwards(options.command, { tunnels, parts, context });
  }
  using _statusLine = showStatusLine(tunnels, context);
  await tunnels.untilOver();
  await tunnels.close();
  return tunnels.haveFailed ? TUNNEL_FAILED : 0;
}

/** Exit code of a connection that failed. */
const TUNNEL_FAILED = 3;

function warnOfOpenPorts(forwards: readonly Forward[], { reporter }: Context): void {
  for (const bind of new Set(forwards.map((forward) => forward.bind))) {
    if (isLoopback(bind)) continue;
    reporter.warn(
      `Listening on ${bind}: whoever reaches this machine there can use the tunnel`,
      "Leave out --bind unless others shall use it",
    );
  }
}

/** Open listeners that nobody owns yet. */
class Listeners implements Disposable {
  #open: Deno.TcpListener[] = [];

  add(listener: Deno.TcpListener): void {
    this.#open.push(listener);
  }

  /** All of them; the receiver closes them from here on. */
  handOver(): Deno.TcpListener[] {
    const open = this.#open;
    this.#open = [];
    return open;
  }

  [Symbol.dispose](): void {
    for (const listener of this.handOver()) listener.close();
  }
}

async function openListeners(
  forwards: readonly Forward[],
  parts: Pick<ConnectParts, "listen">,
): Promise<Listeners> {
  const listeners = new Listeners();
  try {
    for (const { bind, localPort } of forwards) {
      listeners.add(await parts.listen({ bind, port: localPort }));
    }
    return listeners;
  } catch (error) {
    listeners[Symbol.dispose]();
    throw error;
  }
}
