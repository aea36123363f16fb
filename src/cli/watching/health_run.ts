/**
 * `health`: sessions and their hosts judged, and with `--comprehensive` what they need as well.
 *
 * @module
 */
import {
  checkProbe,
  checkResources,
  checkSession,
  type HealthFinding,
  overallHealth,
  type ResourceFields,
} from "../../monitor/mod.ts";
import {
  type LiveHost,
  selectSession,
  type SessionDetails,
  type SurveyedHost,
} from "../../session/host/mod.ts";
import type { HealthOptions } from "../commands/health.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import type { ProbeAnswer } from "../host_watch.ts";
import { checkSurroundings } from "./surroundings.ts";
import { healthLines } from "./health_text.ts";
import { type CreateWatchParts, createWatchParts, type WatchParts } from "./parts.ts";

/** What beside sessions is checked, as findings. */
export type CheckSurroundings = (
  options: HealthOptions,
  context: Context,
) => Promise<HealthFinding[]>;

/** @returns 0 healthy, 3 something is down, 4 credentials are refused, 5 a limit is exceeded. */
export async function runHealth(
  options: HealthOptions,
  context: Context,
  { createParts = createWatchParts, surroundings = checkSurroundings }: {
    createParts?: CreateWatchParts;
    surroundings?: CheckSurroundings;
  } = {},
): Promise<number> {
  using parts = await createParts(context);
  const hosts = chosenHosts(await parts.survey(), options.session);
  const [ofHosts, ofSurroundings] = await Promise.all([
    Promise.all(hosts.map((host) => checkHost(host, options, parts))),
    options.isComprehensive ? surroundings(options, context) : [],
  ]);
  const findings = [...ofHosts.flat(), ...ofSurroundings];
  const { status, exitCode } = overallHealth(findings);
  if (hosts.length === 0 && context.reporter.format === "text") {
    context.reporter.note("No session is open");
  }
  await writeResult(
    {
      schema: "health",
      value: { status, exit_code: exitCode, findings: findings.map(findingFields) },
      text: () => healthLines(findings, status),
    },
    context,
    options.output,
  );
  return exitCode;
}

/** Hosts with those sessions that are meant. */
function chosenHosts(hosts: readonly SurveyedHost[], text: string | undefined): SurveyedHost[] {
  if (text === undefined) return hosts.filter(({ sessions }) => sessions.length > 0);
  const chosen = selectSession(hosts.flatMap(({ sessions }) => sessions), text);
  return hosts.filter(({ sessions }) => sessions.includes(chosen))
    .map((host) => ({ ...host, sessions: [chosen] }));
}

async function checkHost(
  host: SurveyedHost,
  { isComprehensive }: HealthOptions,
  parts: WatchParts,
): Promise<HealthFinding[]> {
  const sessions = host.sessions.map((session) =>
    checkSession({ id: session.session_id, name: nameOf(session), state: session.state })
  );
  if (host.status !== "live") return sessions;
  const [resources, probes] = await Promise.all([
    parts.report<ResourceFields>(host, "resources"),
    isComprehensive ? probe(host, parts) : [],
  ]);
  const limits = resources === undefined ? [] : checkResources(`host ${host.file.pid}`, resources);
  return [...sessions, ...probes, ...limits];
}

/** Only sessions that should answer are asked; the others are down already. */
async function probe(host: LiveHost, parts: WatchParts): Promise<HealthFinding[]> {
  const active = host.sessions.filter(({ state }) => state === "active");
  if (active.length === 0) return [];
  const answers = await parts.report<ProbeAnswer[]>(host, "probe") ?? [];
  return active.map((session) => {
    const { session_id: id } = session;
    const answer = answers.find(({ session_id }) => session_id === id);
    const outcome = answer?.round_trip_ms === undefined || answer.round_trip_ms === null
      ? { failure: answer?.failure ?? "its process gave no answer" }
      : { roundTripMs: answer.round_trip_ms };
    return checkProbe({ id, name: nameOf(session) }, outcome);
  });
}

function nameOf({ instance_name, instance_id, local_port }: SessionDetails): string {
  const name = instance_name ?? instance_id;
  return local_port === null ? name : `${local_port} -> ${name}`;
}

function findingFields({ check, subject, status, message, hint }: HealthFinding) {
  return { check, subject: subject ?? null, status, message, hint: hint ?? null };
}
