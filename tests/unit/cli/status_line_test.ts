import assert from "node:assert/strict";
import { formatBytes, statusText } from "../../../src/cli/connect/status_line.ts";

Deno.test("formatBytes() keeps one to three digits before the point", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [1234, "1.2 kB"],
    [99_500, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [12_345_678, "12.3 MB"],
    [5e12, "5000 GB"],
  ];
  for (const [bytes, wanted] of cases) assert.equal(formatBytes(bytes), wanted, String(bytes));
});

Deno.test("statusText() shows state, round trip, rates and open connections", () => {
  const before = { bytesIn: 0, bytesOut: 500, roundTripMs: undefined, openConnections: 0 };
  const now = { bytesIn: 2_000_000, bytesOut: 500, roundTripMs: 1.64, openConnections: 3 };
  assert.equal(
    statusText({ states: ["active"], now, before, elapsedMs: 2_000 }),
    "active | 1.6 ms | down 1.0 MB/s, up 0 B/s | 3 open",
  );
  assert.equal(
    statusText({ states: ["active", "resuming", "active"], now: before, before, elapsedMs: 0 }),
    "2 active, 1 resuming | down 0 B/s, up 0 B/s | 0 open",
  );
});
