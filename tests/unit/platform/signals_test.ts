import assert from "node:assert/strict";
import { listenForStopSignals, type StopSignal, withoutEchoes } from "../../../src/platform/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test({
  name: "listenForStopSignals() hears requests to stop while it listens",
  ignore: Deno.build.os === "windows",
  async fn() {
    // SIGINT would end the test runner too; the end-to-end tests send it.
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      const heard = Promise.withResolvers<StopSignal>();
      using _listening = listenForStopSignals(heard.resolve);
      // Listening for signals alone does not keep the event loop alive.
      const deadline = setTimeout(() => heard.reject(new Error(`no ${signal}`)), 10_000);
      Deno.kill(Deno.pid, signal);
      assert.equal(await heard.promise, signal);
      clearTimeout(deadline);
    }
  },
});

Deno.test("a signal that is passed on again is one request, a later one and another kind are more", () => {
  const clock = new FakeClock();
  const heard: [StopSignal, number][] = [];
  const onSignal = withoutEchoes((signal) => heard.push([signal, clock.nowMs()]), clock);
  onSignal("SIGINT");
  onSignal("SIGINT");
  clock.advance(199);
  onSignal("SIGINT");
  onSignal("SIGTERM");
  clock.advance(1);
  onSignal("SIGINT");
  onSignal("SIGTERM");
  assert.deepEqual(heard, [["SIGINT", 0], ["SIGTERM", 199], ["SIGINT", 200]]);
});
