import assert from "node:assert/strict";
import type { HealthOptions } from "../../../src/cli/commands/health.ts";
import type { MetricsOptions } from "../../../src/cli/commands/metrics.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { runHealth } from "../../../src/cli/watching/health_run.ts";
import { runMetrics } from "../../../src/cli/watching/metrics_run.ts";
import type { WatchParts } from "../../../src/cli/watching/parts.ts";
import { runResources } from "../../../src/cli/watching/resources_run.ts";
import type { HealthFinding } from "../../../src/monitor/mod.ts";
import type { ReporterOptions } from "../../../src/cli/reporter.ts";
import { addSample, addSession, Database, endSession } from "../../../src/storage/mod.ts";
import { DatabaseFolder, sessionRecord } from "../../support/database_folder.ts";
import { fakeContext, FakeIo, refusal } from "../../support/fake_io.ts";
import { fakeWatchParts, goneHost, liveHost, resourceFields } from "../../support/fake_watch.ts";

const NO_AWS = { profile: undefined, region: undefined, endpointUrl: undefined };
const HOUR_MS = 3_600_000;

function metricsOptions(options: Partial<MetricsOptions> = {}): MetricsOptions {
  return {
    session: undefined,
    watch: false,
    sinceMs: undefined,
    isPrometheus: false,
    output: undefined,
    ...options,
  };
}

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  // deno-lint-ignore no-explicit-any
  json: any;
}

async function ran(
  run: (context: ReturnType<typeof fakeContext>) => Promise<number>,
  options: { io?: FakeIo } & Partial<ReporterOptions> = {},
): Promise<Ran> {
  const { io = new FakeIo(), ...reporter } = options;
  using context = fakeContext(io, reporter);
  const code = await run(context);
  const stdout = await io.stdout();
  const json = reporter.format === "json" ? JSON.parse(stdout) : undefined;
  return { code, stdout, stderr: await io.stderr(), json };
}

function metrics(
  parts: WatchParts,
  options: Partial<MetricsOptions> = {},
  reporter: { io?: FakeIo } & Partial<ReporterOptions> = { format: "json" },
): Promise<Ran> {
  return ran(
    (context) => runMetrics(metricsOptions(options), context, () => Promise.resolve(parts)),
    reporter,
  );
}

/** Now, for everything that uses a fresh clock of {@link FakeIo}. */
const NOW_MS = new FakeIo().clock.epochMs();

const WEB = {
  startedAtMs: NOW_MS - 10_000,
  activeMs: 10_000,
  roundTrips: [[56, 9], [80, 1]] as const,
  bytesIn: 40_000,
  history: [],
};

Deno.test("metrics shows the sessions of hosts since they began", async () => {
  const { code, json } = await metrics(fakeWatchParts([liveHost([WEB], NOW_MS)]));
  assert.equal(code, 0);
  assert.equal(json.schema, "ec2-connect/metrics/v1");
  const [session] = json.sessions;
  assert.deepEqual(
    [session.round_trips, session.round_trip_p50_ms, session.round_trip_p99_ms],
    [10, 1.28, 10.24],
  );
  assert.deepEqual([session.in_bytes_per_s, session.availability], [4_000, 1]);
  assert.deepEqual(session.suggestions, []);
  const text = await metrics(fakeWatchParts([liveHost([WEB], NOW_MS)]), {}, { format: "text" });
  assert.match(text.stdout, /^me-0001\n {2}session +8080 -> web:80, active\n/);
  assert.match(text.stdout, /round trip +p50 1\.28 ms, p95 10\.24 ms/);
});

Deno.test("metrics without a session says so", async () => {
  const text = await metrics(fakeWatchParts([]), {}, { format: "text" });
  assert.deepEqual([text.code, text.stdout, text.stderr], [0, "", "No session is open\n"]);
  assert.deepEqual((await metrics(fakeWatchParts([]))).json.sessions, []);
});

/** A history in which WEB has a sample of 4 s ago, and another session ended half an hour ago. */
async function withHistory(work: (history: Database) => Promise<void>): Promise<void> {
  await using folder = await DatabaseFolder.create();
  using history = await folder.open();
  const sample = {
    spanMs: 0,
    bytesIn: 30_000,
    bytesOut: 0,
    retransmissions: 0,
    activeMs: 6_000,
    openConnections: 0,
  };
  const web = addSession(history, sessionRecord({ startedAtMs: WEB.startedAtMs }), {
    hostPid: 7,
    isBackground: false,
    nowMs: NOW_MS,
  });
  addSample(history, web, { ...sample, atMs: NOW_MS - 4_000, roundTrips: [[56, 8]] });
  const endedMs = NOW_MS - HOUR_MS / 2;
  const record = sessionRecord({
    sessionId: "me-old",
    startedAtMs: endedMs - 60_000,
    localPort: 9,
  });
  const old = addSession(history, record, { hostPid: 8, isBackground: false, nowMs: endedMs });
  addSample(history, old, { ...sample, atMs: endedMs, roundTrips: [[56, 1]] });
  endSession(history, old, { atMs: endedMs, by: "user", reason: "" });
  await work(history);
}

Deno.test("metrics --since counts from the history, and shows what has ended meanwhile", async () => {
  await withHistory(async (history) => {
    const parts = fakeWatchParts([liveHost([WEB], NOW_MS)], { history });
    const recent = (await metrics(parts, { sinceMs: 4_000 })).json.sessions;
    assert.deepEqual(
      recent.map((
        each: Record<string, unknown>,
      ) => [each.session_id, each.bytes_in, each.round_trips]),
      [["me-0001", 10_000, 2]],
    );
    const hour = (await metrics(parts, { sinceMs: HOUR_MS })).json.sessions;
    assert.deepEqual(
      hour.map((
        each: Record<string, unknown>,
      ) => [each.session_id, each.bytes_in, each.round_trips]),
      [["me-old", 30_000, 1], ["me-0001", 40_000, 10]],
    );
  });
});

Deno.test("metrics of one session, open or ended; an unknown one is exit 2", async () => {
  await withHistory(async (history) => {
    const parts = fakeWatchParts([liveHost([WEB], NOW_MS)], { history });
    assert.equal((await metrics(parts, { session: "8080" })).json.sessions[0].state, "active");
    const old = (await metrics(parts, { session: "me-old" })).json.sessions;
    assert.deepEqual([old.length, old[0].session_id, old[0].round_trips], [1, "me-old", 1]);
    const error = await refusal(() => metrics(parts, { session: "nothing" }));
    assert.deepEqual([error.kind, error.exitCode], ["usage", 2]);
  });
  const bare = await refusal(() => metrics(fakeWatchParts([]), { session: "x" }));
  assert.equal(bare.exitCode, 2);
});

Deno.test("metrics in Prometheus' format is nothing but that", async () => {
  const parts = fakeWatchParts([liveHost([WEB], NOW_MS)]);
  const { stdout, stderr } = await metrics(parts, { isPrometheus: true }, { format: "text" });
  assert.equal(stderr, "");
  assert.match(
    stdout,
    /^# HELP ec2_connect_session_info .*\n# TYPE ec2_connect_session_info gauge\n/,
  );
  for (const line of stdout.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) \S+ .+|[a-z][a-z0-9_]*\{.*\} [\d.e+-]+)$/);
  }
});

Deno.test("metrics --watch goes on until it is asked to stop", async () => {
  const io = new FakeIo();
  using context = fakeContext(io, { format: "json" });
  const running = runMetrics(
    metricsOptions({ watch: true }),
    context,
    () => Promise.resolve(fakeWatchParts([liveHost([WEB], NOW_MS)])),
  );
  for (let look = 0; look < 2; look++) {
    await io.clock.scheduled(2_000);
    io.clock.advance(2_000);
  }
  await io.clock.scheduled(2_000);
  io.signal("SIGINT");
  assert.equal(await running, 0);
  assert.equal((await io.events()).length, 3);
  assert.deepEqual(io.clock.delays, []);
});

Deno.test("resources shows each host against its limits", async () => {
  const host = liveHost([WEB], NOW_MS);
  const run = (resources: unknown, format: "text" | "json") =>
    ran(
      (context) =>
        runResources({ watch: false, output: undefined }, context, () =>
          Promise.resolve(fakeWatchParts([host, goneHost(host)], { reports: { resources } }))),
      {
        format,
      },
    );
  const { json } = await run(resourceFields(), "json");
  assert.equal(json.hosts.length, 1);
  assert.equal(json.hosts[0].host_pid, 7);
  assert.deepEqual(json.hosts[0].memory, resourceFields().memory);
  const passed = resourceFields({
    exceeded: ["memory"],
    measures: [{ since: "2024-01-01T00:00:00.000Z", text: "fewer samples" }],
  });
  const { stdout } = await run(passed, "text");
  assert.match(stdout, /^Process 7, in the foreground\n/);
  assert.match(
    stdout,
    /memory +2\.0 MB added by sessions \(limit 10 MB\), floor 70\.0 MB, total 72/,
  );
  assert.match(stdout, /passed +the limit of memory\n {2}done +fewer samples \(since 2024/);
  const none = await run(undefined, "text");
  assert.match(none.stderr, /No process holds a session/);
});

function health(
  parts: WatchParts,
  options: Partial<HealthOptions> = {},
  surroundings: HealthFinding[] = [],
): Promise<Ran> {
  const all = { session: undefined, isComprehensive: false, aws: NO_AWS, output: undefined };
  return ran((context) =>
    runHealth({ ...all, ...options }, context, {
      createParts: () => Promise.resolve(parts),
      surroundings: () => Promise.resolve(surroundings),
    }), { format: "json" });
}

Deno.test("health: exit 0 when all is well or nothing is open, 3 when a session is down, 5 above a limit", async () => {
  const reports = { resources: resourceFields() };
  const host = liveHost([WEB, { sessionId: "me-2", localPort: 2, state: "resuming" }], NOW_MS);
  const well = await health(fakeWatchParts([liveHost([WEB], NOW_MS)], { reports }));
  assert.deepEqual([well.code, well.json.status, well.json.exit_code], [0, "ok", 0]);
  assert.deepEqual(well.json.findings.map(({ check }: HealthFinding) => check), [
    "session",
    "memory",
    "cpu",
  ]);
  assert.equal((await health(fakeWatchParts([]))).code, 0);
  assert.equal((await health(fakeWatchParts([host], { reports }))).code, 3);
  assert.equal((await health(fakeWatchParts([host], { reports }), { session: "8080" })).code, 0);
  assert.equal((await health(fakeWatchParts([goneHost(liveHost([WEB], NOW_MS))]))).code, 3);
  const passed = { resources: resourceFields({ exceeded: ["cpu"] }) };
  const above = await health(fakeWatchParts([liveHost([WEB], NOW_MS)], { reports: passed }));
  assert.equal(above.code, 5);
});

Deno.test("health --comprehensive probes each tunnel and what sessions need", async () => {
  const host = liveHost([WEB, { sessionId: "me-2", localPort: 2 }], NOW_MS);
  const probe = [
    { session_id: "me-0001", round_trip_ms: 1.5, failure: null },
    { session_id: "me-2", round_trip_ms: null, failure: "no answer within 4 s" },
  ];
  const parts = fakeWatchParts([host], { reports: { probe } });
  const { code, json } = await health(parts, { isComprehensive: true });
  assert.equal(code, 3);
  const probes = json.findings.filter(({ check }: HealthFinding) => check === "probe");
  assert.deepEqual(
    probes.map(({ status, message }: HealthFinding) => [status, message]),
    [
      ["ok", "8080 -> web: the agent answered after 1.5 ms"],
      ["down", "2 -> web: no answer from the agent: no answer within 4 s"],
    ],
  );
  const denied: HealthFinding = {
    check: "credentials",
    subject: undefined,
    status: "denied",
    message: "expired",
    hint: undefined,
  };
  const one = { isComprehensive: true, session: "8080" };
  assert.equal((await health(parts, one, [denied])).code, 4);
  assert.equal((await health(parts, one)).code, 0);
});

Deno.test("wrong options of the watching commands: exit 2", async () => {
  const cases: [string, RegExp][] = [
    ["metrics --since 1", /found "1"/],
    ["metrics --since 0h", /found "0h"/],
    ["metrics --since 1w", /found "1w"/],
    ["metrics --watch --format prometheus", /Cannot combine --watch with --format prometheus/],
    ["metrics --watch --output x", /Cannot combine --watch with --output/],
    ["resources --watch --output x", /Cannot combine/],
    ["metrics --format xml", /found "xml"/],
    ["resources --format prometheus", /found "prometheus"/],
    ["health a b", /found more than wanted/],
    ["helth", /Unknown command/],
  ];
  for (const [line, expected] of cases) {
    const error = await refusal(() => parseCommandLine(line.split(" "), { columns: 80 }));
    assert.deepEqual([error.exitCode, expected.test(error.message)], [2, true], error.message);
  }
});
