import assert from "node:assert/strict";
import { Stopped, StopRequests } from "../../../src/cli/stop.ts";
import type { StopSignal } from "../../../src/platform/mod.ts";
import { FakeIo } from "../../support/fake_io.ts";

Deno.test("the first request aborts with the signal's exit code, the second leaves at once", async () => {
  const cases: [StopSignal, number][] = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]];
  for (const [signal, exitCode] of cases) {
    const io = new FakeIo();
    using stop = new StopRequests(io);
    assert.equal(stop.signal.aborted, false);
    io.signal(signal);
    assert.ok(stop.signal.reason instanceof Stopped);
    assert.equal(stop.signal.reason.exitCode, exitCode);
    io.signal(signal);
    assert.equal(await stop.leaveAtOnce, exitCode);
  }
});

Deno.test("diverted requests reach the child only, until it has ended", () => {
  const io = new FakeIo();
  const diverted: StopSignal[] = [];
  using stop = new StopRequests(io);
  {
    using _child = stop.divert((signal) => diverted.push(signal));
    io.signal("SIGINT");
    io.signal("SIGTERM");
  }
  assert.deepEqual(diverted, ["SIGINT", "SIGTERM"]);
  assert.equal(stop.signal.aborted, false);
  io.signal("SIGINT");
  assert.equal(stop.signal.aborted, true);
});
