/**
 * `exec`: one command on the instance, its output and its status.
 *
 * @module
 */

import { parseSelector } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import { SIGNAL_EXIT_CODES } from "../../platform/mod.ts";
import type { SessionEvent } from "../../session/mod.ts";
import type { ExecOptions } from "../commands/exec.ts";
import { type Context, loadSettings } from "../context.ts";
import { explainFailure } from "../explain_failure.ts";
import { createExecParts } from "../factory.ts";
import { chooseInstance, requireInstance } from "../pick/choose_instance.ts";
import { orInstanceOfPreset } from "../presets/find.ts";
import type { Reporter } from "../reporter.ts";
import { StateNotes } from "../state_notes.ts";
import { commandText } from "./command_text.ts";
import { execFailure, exitStatus, READER_GONE, startStatus } from "./exit_status.ts";
import type { CommandSession, ExecParts } from "./parts.ts";

/** Makes the parts that a command line asks for. */
export type CreateExecParts = (
  options: ExecOptions,
  settings: LoadedConfig,
  context: Context,
) => ExecParts | Promise<ExecParts>;

/** @returns The command's own status, or what stands for it: see `exit_status.ts`. */
export async function runExec(
  options: ExecOptions,
  context: Context,
  createParts: CreateExecParts = createExecParts,
): Promise<number> {
  const { reporter, stop } = context;
  const selector = options.instance === undefined ? undefined : parseSelector(options.instance);
  requireInstance(selector, context);
  const settings = await loadSettings(context);
  using parts = await createParts(options, settings, context);
  await using hosting = parts.startHosting();
  const instance = await orInstanceOfPreset(
    () => chooseInstance(selector, { parts, context, question: "Run it on" }),
    { instance: options.instance, settings },
  );
  const name = instance.name ?? instance.instanceId;
  const tell = telling(name, reporter);
  let session: CommandSession;
  try {
    session = await parts.open({
      instance,
      command: commandText(options.command),
      onEvent: (event) => {
        hosting.noteEvent(event);
        tell(event);
      },
      signal: stop.signal,
    });
  } catch (error) {
    const { diagnose } = options;
    throw await explainFailure(error, { instance, diagnose, parts, context });
  }
  hosting.hold(session.held);
  return await untilEnd(session, { name, context });
}

/** Losses are told; what is no news to a script is not. */
function telling(name: string, reporter: Reporter): (event: SessionEvent) => void {
  const notes = new StateNotes(reporter);
  return (event) => {
    if (event.type === "state") notes.tell(event, name);
    else if (event.type === "warning") reporter.warn(`${name}: ${event.message}`, event.hint);
    else if (event.type === "notice") reporter.log("debug", `${name}: ${event.message}`);
  };
}

async function untilEnd(
  session: CommandSession,
  { name, context }: { name: string; context: Context },
): Promise<number> {
  const { reporter, stop } = context;
  const left = Promise.withResolvers<number>();
  let wasInterrupted = false;
  let leftWith: number | undefined;
  {
    using _diverted = stop.divert((signal) => {
      if (signal !== "SIGINT" || wasInterrupted) return left.resolve(SIGNAL_EXIT_CODES[signal]);
      wasInterrupted = true;
      reporter.log("debug", `${name}: interrupting the command; Ctrl-C again leaves it`);
      session.interrupt();
    });
    const ended = session.closed.then(() => session.flushed()).then(() => undefined);
    leftWith = await Promise.race([ended, left.promise]);
  }
  await session.close();
  if (leftWith !== undefined) return leftWith;
  if (!session.hasReader) return READER_GONE;
  const end = await session.closed;
  if (session.exitCode !== undefined) {
    // The agent tells a status of its own for what it could not start, and has said why.
    return startStatus(end) ?? exitStatus(session.exitCode, { wasInterrupted });
  }
  if (end.by === "user" && end.reason === "" && wasInterrupted) return SIGNAL_EXIT_CODES.SIGINT;
  const { error, status } = execFailure(end, { name, agentVersion: session.ready.agentVersion });
  reporter.error(error);
  return status;
}
