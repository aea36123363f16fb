/**
 * `connect --background`: has the background host open the forwards, and says what it says.
 *
 * @module
 */
import { parseSelector } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import type { ConnectLine, ConnectOptions } from "../commands/connect.ts";
import type { CreateParts } from "../connect/run.ts";
import { canPick, type Context } from "../context.ts";
import { chooseInstance } from "../pick/choose_instance.ts";
import { orPresetMeant } from "../presets/find.ts";
import { BackgroundHost } from "./background_host.ts";

/** What the command is about. */
interface Asked {
  line: ConnectLine;
  settings: LoadedConfig;
  context: Context;
  createParts: CreateParts;
}

/** @returns 0 when the forwards are ready, else the exit code of the same command in the foreground. */
export async function connectInBackground(options: ConnectOptions, asked: Asked): Promise<number> {
  const { line, settings, context } = asked;
  const host = new BackgroundHost(context);
  const instance = await chosenInstance(options, asked);
  if (line.save !== undefined && options.instance === undefined && instance !== undefined) {
    const { savePreset } = await import("../presets/save.ts");
    await savePreset(line.save, { ...options, instance }, { settings, context });
  }
  return await host.connect({ args: context.args, instance, configFile: settings.file }, {
    signal: context.stop.signal,
    onMessage: ({ stream, text }) => context.io.output.write(stream, text),
  });
}

/**
 * What only a person can decide is asked here, where they sit.
 *
 * @returns Undefined when the command line says it all, or nobody can be asked.
 */
async function chosenInstance(options: ConnectOptions, asked: Asked): Promise<string | undefined> {
  const { line, settings, context, createParts } = asked;
  if (!canPick(context)) return undefined;
  const selector = options.instance === undefined ? undefined : parseSelector(options.instance);
  if (selector?.by === "id") return undefined;
  using parts = await createParts(options, settings, context);
  const chosen = await orPresetMeant(
    () => chooseInstance(selector, { parts, context, question: "Connect to" }),
    { line, settings },
  );
  // What was written keeps naming the instance where it names one: a restart looks it up again.
  return chosen.selector === selector ? undefined : chosen.instanceId;
}
