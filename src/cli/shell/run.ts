/**
 * `shell`: the instance, one session, and the terminal back as it was.
 *
 * @module
 */

import { parseSelector } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import type { ShellOptions } from "../commands/shell.ts";
import { type Context, loadSettings } from "../context.ts";
import { explainFailure } from "../explain_failure.ts";
import { createShellParts } from "../factory.ts";
import { chooseInstance, requireInstance } from "../pick/choose_instance.ts";
import { orInstanceOfPreset } from "../presets/find.ts";
import { Stopped, untilAborted } from "../stop.ts";
import { LocalTerminal } from "./local_terminal.ts";
import type { StreamSession } from "../stream_session.ts";
import type { ShellParts } from "./parts.ts";
import { shellFailure, ShellReport } from "./report.ts";

/** Makes the parts that a command line asks for. */
export type CreateShellParts = (
  options: ShellOptions,
  settings: LoadedConfig,
  context: Context,
) => ShellParts | Promise<ShellParts>;

/** @returns 0 when the shell has ended or the person left; 3 when it was ended or lost. */
export async function runShell(
  options: ShellOptions,
  context: Context,
  createParts: CreateShellParts = createShellParts,
): Promise<number> {
  const { io, reporter, stop } = context;
  const selector = options.instance === undefined ? undefined : parseSelector(options.instance);
  requireInstance(selector, context);
  const settings = await loadSettings(context);
  using parts = await createParts(options, settings, context);
  await using hosting = parts.startHosting();
  const instance = await orInstanceOfPreset(
    () => chooseInstance(selector, { parts, context, question: "Open a shell on" }),
    { instance: options.instance, settings },
  );
  const name = instance.name ?? instance.instanceId;
  using terminal = new LocalTerminal(parts.openConsole(), io);
  const { output, clock } = io;
  const isRaw = () => terminal.isRaw;
  using report = new ShellReport({ name, reporter, output, clock, isRaw });
  let session: StreamSession;
  try {
    session = await parts.open({
      instance,
      terminal,
      onEvent: (event) => {
        hosting.noteEvent(event);
        report.event(event);
      },
      signal: stop.signal,
    });
  } catch (error) {
    const { diagnose } = options;
    throw await explainFailure(error, { instance, diagnose, parts, context });
  }
  terminal.enter();
  hosting.hold(session.held);
  return await untilEnd(session, { terminal, name, context });
}

/** Neither the shell nor this terminal has ended it. */
const ENDED_ELSEWHERE = "another command ended the session, as terminate does";

async function untilEnd(
  session: StreamSession,
  { terminal, name, context }: { terminal: LocalTerminal; name: string; context: Context },
): Promise<number> {
  const { reporter, stop } = context;
  const asked = untilAborted([stop.signal]);
  const hasLeft = await Promise.race([
    session.closed.then(() => false),
    terminal.left.then(() => true),
    asked.aborted.then(() => false),
  ]);
  if (hasLeft) {
    terminal.leave();
    reporter.note(`Leaving ${name}: the session is being ended`);
    // The connection may be dead: whoever does not want to wait for AWS presses Ctrl-C.
    await Promise.race([session.close(), asked.aborted]);
    asked.stop();
    return 0;
  }
  if (stop.signal.aborted) {
    terminal.leave();
    await session.close();
    asked.stop();
    return stop.signal.reason instanceof Stopped ? stop.signal.reason.exitCode : 1;
  }
  // The last words of the shell, however slowly they are taken.
  await Promise.race([session.flushed(), asked.aborted]);
  asked.stop();
  const isPerson = terminal.isInteractive;
  terminal.leave();
  const end = await session.closed;
  const failure = shellFailure(end, name);
  if (failure !== undefined) {
    reporter.error(failure);
    return failure.exitCode;
  }
  const reason = end.by === "user" ? `: ${end.reason || ENDED_ELSEWHERE}` : "";
  if (isPerson || reason !== "") reporter.note(`The shell on ${name} has ended${reason}`);
  return 0;
}
