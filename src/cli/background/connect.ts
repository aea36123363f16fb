/**
 * `connect --background`: has the background host open the forwards, and says what it says.
 *
 * @module
 */
import { resolve } from "node:path";
import { parseSelector } from "../../aws/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { startDetached } from "../../platform/mod.ts";
import { ControlClient, HostGoneError } from "../../session/host/mod.ts";
import type { ConnectOptions } from "../commands/connect.ts";
import type { CreateParts } from "../connect/run.ts";
import { canPrompt, type Context, loadSettings } from "../context.ts";
import { chooseInstance } from "../pick/choose_instance.ts";
import { requireStateFolder } from "../sessions/state_folder.ts";
import { VERSION } from "../version.ts";
import { hostEnvironment, requestEnvironment } from "./environment.ts";
import { findBackgroundHost, type FindHostOptions, requireBackgroundHost } from "./find_host.ts";
import { BACKGROUND_LOG } from "./log_path.ts";
import { type ConnectRequest, readMessages } from "./wire.ts";

/** Times that a host may end just when it is asked. */
const TRIES = 3;

/** @returns 0 when the forwards are ready, else the exit code of the same command in the foreground. */
export async function connectInBackground(
  options: ConnectOptions,
  context: Context,
  createParts: CreateParts,
): Promise<number> {
  const { io } = context;
  const cwd = Deno.cwd();
  const stateFolder = requireStateFolder(io);
  const find: FindHostOptions = {
    stateFolder,
    clock: io.clock,
    start: () =>
      startDetached(["host", "serve"], {
        env: hostEnvironment(io.env, cwd),
        errorFile: `${stateFolder}/${BACKGROUND_LOG}`,
      }),
  };
  const request: ConnectRequest = {
    args: withAbsoluteConfig(context, cwd),
    instance: await chosenInstance(options, context, createParts) ?? null,
    env: requestEnvironment(io.env, cwd),
  };
  for (let attempt = 1;; attempt++) {
    const running = attempt === 1 ? await findBackgroundHost(find) : undefined;
    const file = running === undefined || running.isEnding
      ? await requireBackgroundHost(find)
      : running.file;
    if (file.version !== VERSION) {
      context.reporter.warn(
        `The background host is of version ${file.version}, and this is ${VERSION}`,
        "End it with ec2-connect host stop to go on with this version",
      );
    }
    try {
      using client = new ControlClient(file, { clock: io.clock });
      return await relay(await client.connect(request, context.stop.signal), context);
    } catch (error) {
      if (!(error instanceof HostGoneError)) throw error;
      if (attempt === TRIES) throw hostEnded(error.message);
    }
  }
}

/** The host works in another folder, so a relative path would mean another file there. */
function withAbsoluteConfig({ args, globals }: Context, cwd: string): string[] {
  const { configPath } = globals;
  return configPath === undefined ? [...args] : [...args, "--config", resolve(cwd, configPath)];
}

/**
 * What only a person can decide is asked here, where they sit.
 *
 * @returns Undefined when the command line says it all, or nobody can be asked.
 */
async function chosenInstance(
  options: ConnectOptions,
  context: Context,
  createParts: CreateParts,
): Promise<string | undefined> {
  if (!canPrompt(context)) return undefined;
  const selector = options.instance === undefined ? undefined : parseSelector(options.instance);
  if (selector?.by === "id") return undefined;
  const settings = await loadSettings(context);
  using parts = await createParts(options, settings, context);
  const chosen = await chooseInstance(selector, { parts, context, question: "Connect to" });
  // What was written keeps naming the instance where it names one: a restart looks it up again.
  return chosen.selector === selector ? undefined : chosen.instanceId;
}

/** Says what the host says until it is done. */
async function relay(stream: ReadableStream<Uint8Array>, { io }: Context): Promise<number> {
  try {
    for await (const message of readMessages(stream)) {
      switch (message.type) {
        case "output":
          io.output.write(message.stream, message.text);
          break;
        case "ready":
          return 0;
        case "exit":
          return message.code;
        default:
          message satisfies never;
      }
    }
  } catch (error) {
    throw hostEnded(error instanceof Error ? error.message : String(error), error);
  }
  throw hostEnded("its answer broke off");
}

function hostEnded(found: string, cause?: unknown): AppError {
  return new AppError("network", `The background host has ended while it connected: ${found}`, {
    hint: "Try again, or connect in the foreground",
    cause,
  });
}
