/**
 * `up`: presets opened in the background host, all at a time.
 *
 * @module
 */
import { AppError, toAppError } from "../../errors/mod.ts";
import {
  ControlClient,
  entryOf,
  type LiveHost,
  type SessionEntry,
  surveyHosts,
} from "../../session/host/mod.ts";
import { BackgroundHost } from "../background/background_host.ts";
import type { UpOptions } from "../commands/up.ts";
import { type Context, loadSettings } from "../context.ts";
import { errorFields } from "../errors.ts";
import { writeResult } from "../result.ts";
import { requireStateFolder } from "../sessions/state_folder.ts";
import { bringUp, type PresetSession } from "./bring_up.ts";
import { presetsNamed } from "./find.ts";
import { missingForwards, type PlannedPreset, planUp } from "./plan.ts";
import { UpReport } from "./up_report.ts";

/** What became of one preset. */
export interface UpOutcome {
  name: string;
  /** All of it was open before. */
  wasUp: boolean;
  sessions: PresetSession[];
  failure: AppError | undefined;
}

/**
 * @returns 0 when all are up.
 * @throws {AppError} The first failure, when each preset is up or has failed.
 */
export async function runUp(options: UpOptions, context: Context): Promise<number> {
  const { io, reporter, stop } = context;
  const { config, file } = await loadSettings(context);
  const plans = planUp(presetsNamed(config, options.names), {
    maxPerInstance: config.session.max_sessions_per_instance,
  });
  const startedAtMs = io.clock.epochMs();
  const before = await backgroundHosts(context);
  const host = new BackgroundHost(context);
  const isStreamed = reporter.format === "text" && options.output === undefined;
  const opened = new Set<string>();
  let outcomes: UpOutcome[];
  {
    using report = new UpReport(plans.map(({ name }) => name), { context, isStreamed });
    outcomes = await Promise.all(plans.map((plan) => bringUpOne(plan, report)));
  }
  if (stop.signal.aborted) {
    await closeOpened(opened, startedAtMs, context);
    stop.signal.throwIfAborted();
  }
  if (!isStreamed) await writeUpResult(outcomes, options, context);
  tellSummary(outcomes, context);
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  for (const failure of failures.slice(1)) reporter.error(failure);
  if (failures[0] !== undefined) throw failures[0];
  return 0;

  async function bringUpOne(
    { name, forwards }: PlannedPreset,
    report: UpReport,
  ): Promise<UpOutcome> {
    const held = before.flatMap(({ sessions }) => sessions)
      .filter((session) => session.preset === name && !ENDING.includes(session.state));
    const missing = missingForwards(forwards, held);
    const outcome: UpOutcome = {
      name,
      wasUp: missing.length === 0,
      sessions: held.map(sessionOf),
      failure: undefined,
    };
    for (const session of outcome.sessions) report.ready(name, session, { wasUp: true });
    if (outcome.wasUp) {
      report.done(name);
      return outcome;
    }
    opened.add(name);
    try {
      await bringUp({ name, forwards: held.length === 0 ? undefined : missing }, {
        host,
        context,
        options: { ...options, configFile: file },
        onReady(session) {
          outcome.sessions.push(session);
          report.ready(name, session, { wasUp: false });
        },
      });
    } catch (error) {
      outcome.failure = ofPreset(name, toAppError(error));
      // What had been ready of it was closed again.
      outcome.sessions = held.map(sessionOf);
    }
    report.done(name);
    return outcome;
  }
}

const ENDING: readonly string[] = ["closing", "closed", "failed"];

async function backgroundHosts({ io }: Context): Promise<LiveHost[]> {
  const hosts = await surveyHosts({ stateFolder: requireStateFolder(io), clock: io.clock });
  return hosts.filter((host): host is LiveHost => host.status === "live" && host.file.background);
}

function sessionOf(entry: SessionEntry): PresetSession {
  const { session_id, instance_id, bind, local_port, remote_host, remote_port } = entryOf(entry);
  return { session_id, instance_id, bind, local_port, remote_host, remote_port };
}

function ofPreset(name: string, error: AppError): AppError {
  return new AppError(error.kind, `Preset ${name} is not up: ${error.message}`, {
    ...(error.why === undefined ? {} : { why: error.why }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

/**
 * After an interruption: presets that were ready before it came are closed too. Those that were not
 * are the background host's to close, which sees that nobody waits for them any more.
 */
async function closeOpened(
  names: ReadonlySet<string>,
  startedAtMs: number,
  context: Context,
): Promise<void> {
  for (const { file, sessions } of await backgroundHosts(context)) {
    using client = new ControlClient(file, { clock: context.io.clock });
    const own = sessions.filter(({ preset, started_at }) =>
      preset !== null && names.has(preset) && Date.parse(started_at) >= startedAtMs
    );
    await Promise.all(own.map(({ session_id }) => client.terminate(session_id)));
  }
}

async function writeUpResult(
  outcomes: readonly UpOutcome[],
  { output }: UpOptions,
  context: Context,
): Promise<void> {
  await writeResult(
    {
      schema: "up",
      value: {
        presets: outcomes.map(({ name, wasUp, sessions, failure }) => ({
          name,
          ready: failure === undefined,
          already_up: wasUp,
          sessions,
          error: failure === undefined ? null : errorFields(failure),
        })),
      },
      text: () =>
        outcomes.flatMap(({ name, sessions, wasUp }) =>
          sessions.map((session) => UpReport.line(name, session, { wasUp }))
        ),
    },
    context,
    output,
  );
}

function tellSummary(outcomes: readonly UpOutcome[], { reporter }: Context): void {
  if (reporter.format !== "text") return;
  for (const line of summaryLines(outcomes)) reporter.note(line);
}

/** How many are up, and where some are not, how to end the others. */
export function summaryLines(outcomes: readonly UpOutcome[]): string[] {
  const up = outcomes.filter(({ failure }) => failure === undefined);
  const before = up.filter(({ wasUp }) => wasUp).length;
  const also = before === 0 ? "" : before === up.length ? ", as before" : `, ${before} as before`;
  if (up.length === outcomes.length) {
    return [`${up.length} ${up.length === 1 ? "preset is" : "presets are"} up${also}`];
  }
  // With one alone the error says it all.
  if (up.length === 0) return outcomes.length === 1 ? [] : [`None of ${outcomes.length} is up`];
  const names = up.map(({ name }) => name).join(" ");
  return [
    `${up.length} of ${outcomes.length} presets are up${also}, and stay up`,
    `To end them: ec2-connect down ${names}`,
  ];
}
