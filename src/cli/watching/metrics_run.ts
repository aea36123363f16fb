/**
 * `metrics`: figures of sessions, once or again and again.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import {
  measurePerformance,
  performanceFields,
  renderPrometheus,
  sessionMetrics,
  type SessionPerformance,
} from "../../monitor/mod.ts";
import { writeWholeFile } from "../../platform/mod.ts";
import { selectSession } from "../../session/host/mod.ts";
import type { MetricsOptions } from "../commands/metrics.ts";
import type { Context } from "../context.ts";
import { chooseStoredSession } from "../database/choose_session.ts";
import { type Result, writeResult } from "../result.ts";
import { watch } from "../sessions/watch.ts";
import { fromHistory, measuredSessions, toldSessions } from "./measured.ts";
import { metricsLines } from "./metrics_text.ts";
import { type CreateWatchParts, createWatchParts, type WatchParts } from "./parts.ts";

const WATCH_INTERVAL_MS = 2_000;

/** @returns 0 */
export async function runMetrics(
  options: MetricsOptions,
  context: Context,
  createParts: CreateWatchParts = createWatchParts,
): Promise<number> {
  const { reporter, io } = context;
  using parts = await createParts(context);
  const look = () => measure(options, { parts, nowMs: io.clock.epochMs() });
  if (options.watch) {
    const again = async () => metricsResult(await look(), options);
    await watch(context, { look: again, intervalMs: WATCH_INTERVAL_MS });
    return 0;
  }
  const figures = await look();
  if (options.isPrometheus) {
    await writeLines(renderPrometheus(sessionMetrics(figures)), options.output, context);
    return 0;
  }
  if (figures.length === 0 && reporter.format === "text") reporter.note("No session is open");
  await writeResult(metricsResult(figures, options), context, options.output);
  return 0;
}

async function writeLines(
  lines: readonly string[],
  output: string | undefined,
  { reporter }: Context,
): Promise<void> {
  if (output === undefined) {
    for (const line of lines) reporter.result(line);
    return;
  }
  await writeWholeFile(output, lines.map((line) => `${line}\n`).join(""));
  reporter.note(`Written to ${output}`);
}

async function measure(
  options: MetricsOptions,
  { parts, nowMs }: { parts: WatchParts; nowMs: number },
): Promise<SessionPerformance[]> {
  const sinceMs = options.sinceMs === undefined ? undefined : nowMs - options.sinceMs;
  const history = await parts.history();
  const told = toldSessions(await parts.survey(), nowMs);
  const sessions = options.session === undefined
    ? measuredSessions(told, history, { sinceMs, nowMs })
    : chosen(options.session);
  return sessions.map((session) => measurePerformance(session, { sinceMs, nowMs }));

  /** One that is held now comes before one of the history. */
  function chosen(text: string) {
    try {
      const details = selectSession(told.map(({ details }) => details), text);
      const one = told.filter((each) => each.details === details);
      return measuredSessions(one, history, { sinceMs: undefined, nowMs });
    } catch (error) {
      const isUnknown = error instanceof AppError && /^Cannot find session/.test(error.message);
      if (history === undefined || !isUnknown) throw error;
      return [fromHistory(chooseStoredSession(history, text, nowMs), { history, nowMs })];
    }
  }
}

function metricsResult(figures: readonly SessionPerformance[], options: MetricsOptions): Result {
  const sessions = figures.map(performanceFields);
  return {
    schema: "metrics",
    value: { since_s: options.sinceMs === undefined ? null : options.sinceMs / 1000, sessions },
    text: () => metricsLines(sessions),
  };
}
