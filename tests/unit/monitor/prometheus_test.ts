import assert from "node:assert/strict";
import { measurePerformance, renderPrometheus, sessionMetrics } from "../../../src/monitor/mod.ts";
import { measuredSession, reading, STARTED_MS } from "../../support/measured_session.ts";

Deno.test("renderPrometheus() writes HELP and TYPE before the samples, and escapes", () => {
  const lines = renderPrometheus([
    { name: "empty", type: "gauge", help: "left out", samples: [] },
    {
      name: "things_total",
      type: "counter",
      help: "a \\ and\na line",
      samples: [
        { labels: {}, value: 1.5 },
        { labels: { name: 'say "hi" \\ bye\n', other: "" }, value: Infinity },
      ],
    },
    { name: "odd", type: "gauge", help: "x", samples: [{ labels: {}, value: NaN }] },
  ]);
  assert.deepEqual(lines, [
    "# HELP ec2_connect_things_total a \\\\ and\\na line",
    "# TYPE ec2_connect_things_total counter",
    "ec2_connect_things_total 1.5",
    'ec2_connect_things_total{name="say \\"hi\\" \\\\ bye\\n",other=""} +Inf',
    "# HELP ec2_connect_odd x",
    "# TYPE ec2_connect_odd gauge",
    "ec2_connect_odd NaN",
  ]);
});

Deno.test("sessionMetrics() gives each session its samples, under names that follow the rules", () => {
  const session = measuredSession({
    reconnects: 2,
    readings: [
      reading(5_000, { roundTrips: [[80, 3]] }),
      reading(10_000, { bytesIn: 7, bytesOut: 8, roundTrips: [[80, 1]], openConnections: 3 }),
    ],
  });
  const ssh = measuredSession({ sessionId: "me-2", localPort: undefined, state: "resuming" });
  const options = { sinceMs: STARTED_MS + 5_000, nowMs: STARTED_MS + 10_000 };
  const families = sessionMetrics([session, ssh].map((each) => measurePerformance(each, options)));
  for (const { name, type } of families) {
    assert.match(name, /^[a-z][a-z_]*[a-z]$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
  }
  const lines = renderPrometheus(families);
  const expected = [
    'session_up{session_id="me-0001"} 1',
    'session_up{session_id="me-2"} 0',
    'session_round_trip_seconds{session_id="me-0001",quantile="0.5"} 0.01024',
    // Since the session began, while the quantiles are of the period.
    'session_round_trip_seconds_sum{session_id="me-0001"} 0.04096',
    'session_round_trip_seconds_count{session_id="me-0001"} 4',
    'session_bytes_total{session_id="me-0001",direction="in"} 7',
    'session_reconnects_total{session_id="me-0001"} 2',
    'session_open_connections{session_id="me-0001"} 3',
    'session_round_trip_seconds_count{session_id="me-2"} 0',
  ];
  for (const line of expected) assert.ok(lines.includes(`ec2_connect_${line}`), line);
});
