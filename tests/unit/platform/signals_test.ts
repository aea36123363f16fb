import assert from "node:assert/strict";
import { listenForStopSignals, type StopSignal } from "../../../src/platform/mod.ts";

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
