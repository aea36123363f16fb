/**
 * The background host itself: `host serve`, which `connect --background` starts.
 *
 * @module
 */
import { RotatingLog } from "../../platform/mod.ts";
import { ControlRefusal, Host, SessionRegistry } from "../../session/host/mod.ts";
import { type Context, loadSettings } from "../context.ts";
import { HostWatch } from "../host_watch.ts";
import type { Hosting } from "../hosting.ts";
import { requireStateFolder } from "../sessions/state_folder.ts";
import { VERSION } from "../version.ts";
import { JobRun } from "./job_run.ts";
import { Linger } from "./linger.ts";
import { BACKGROUND_LOG } from "./log_path.ts";
import { readConnectRequest } from "./wire.ts";

/** @returns 0, when it has had nothing to do for a while, was told to stop, or got a signal. */
export async function runHostServe(context: Context): Promise<number> {
  const { io, reporter, stop } = context;
  const stateFolder = requireStateFolder(io);
  const { config } = await loadSettings(context);
  const log = new RotatingLog(`${stateFolder}/${BACKGROUND_LOG}`);
  const note = (line: string) =>
    log.write(`${new Date(io.clock.epochMs()).toISOString()} host ${Deno.pid}: ${line}\n`);
  const sessions = new SessionRegistry();
  await using watch = new HostWatch({
    sessions,
    config,
    io,
    isBackground: true,
    warn: (message, hint) => note(hint === undefined ? message : `${message}; ${hint}`),
  });
  const hosting: Hosting = {
    noteEvent: (event) => watch.noteEvent(event),
    hold: (session) => {
      sessions.add(session);
      return host.written;
    },
    // It outlives its jobs.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const jobs = new Set<JobRun>();
  const told = Promise.withResolvers<string>();
  using linger = new Linger({
    clock: io.clock,
    lingerMs: config.session.background_linger * 1000,
  });
  // The terminal that it was started from may close; that is no request to end the tunnels.
  using _signals = stop.divert((signal) => {
    if (signal !== "SIGHUP") told.resolve(signal);
  });
  await using host = await Host.serve({
    sessions,
    stateFolder,
    version: VERSION,
    background: true,
    clock: io.clock,
    log: note,
    reports: watch.reports,
    stop: () => told.resolve("asked to stop"),
    connect: ({ body }) => {
      if (host.isEnding) throw new ControlRefusal(503, "the host is ending");
      const job = new JobRun(readConnectRequest(body), { hosting, io, log });
      const held = linger.hold();
      jobs.add(job);
      job.ended.then(() => {
        jobs.delete(job);
        held[Symbol.dispose]();
      });
      return new Response(job.answer, { headers: { "content-type": "application/jsonl" } });
    },
  });
  reporter.result("ready");
  await note(`version ${VERSION} serves on port ${host.port}`);
  const reason = await Promise.race([told.promise, linger.over.then(() => "nothing left to do")]);
  host.beginEnd();
  await note(`ends: ${reason}`);
  for (const job of jobs) job.stop("SIGTERM");
  await Promise.all([...jobs].map((job) => job.ended));
  return 0;
}
