/**
 * The real command through every kind of loss: the connection, the gateway, the credentials, the
 * network, and its own sleep.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Child } from "../support/command.ts";
import {
  carryOut,
  type FaultKind,
  planFaults,
  seedOf,
  type Struck,
} from "../support/fault_plan.ts";
import { eventually } from "../support/port_client.ts";
import { startTransfer } from "../support/transfer.ts";
import { POSIX_ONLY, type ReadyEvent, World, writeAwsFiles } from "./_world.ts";

const MEGABYTE = 1_000_000;
/** The agent brings back one lost message in this time; the real one takes 100 ms. */
const TIMING = { retransmissionTickMs: 5 };
const ROLE = "arn:aws:iam::123456789012:role/developer";
const ALL_KINDS: readonly FaultKind[] = [
  "cut",
  "hourly_close",
  "error_close",
  "gateway_restart",
  "refused_resume",
  "expired_credentials",
  "blackhole",
  "suspended",
];

interface StateEvent {
  event: "state";
  at: string;
  to: string;
}

/** The changes of state that a tunnel has told so far. */
function statesOf(child: Child): StateEvent[] {
  return child.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "state");
}

/** Resolves with the next change to that state. */
async function next(child: Child, state: string, what = state): Promise<StateEvent> {
  const entries = () => statesOf(child).filter(({ to }) => to === state);
  const before = entries().length;
  await eventually(what, () => entries().length > before);
  return entries().at(-1)!;
}

function struckOf(world: World, child: Child, progress: () => number): Struck {
  return {
    faults: world.sandbox.faults,
    progress,
    isConnected: () =>
      statesOf(child).at(-1)?.to === "active" && world.sandbox.sessions()[0]!.isConnected,
    nextLoss: async () => {
      await next(child, "resuming");
    },
    signal: (name) => child.process.kill(name),
  };
}

/** A tunnel to the HTTP service, by a profile whose role gives temporary credentials. */
async function openTunnel(world: World, settings: Record<string, string>) {
  const { accessKeyId, secretAccessKey } = world.sandbox.credentials;
  await writeAwsFiles(world, {
    config: `[profile dev]\nrole_arn = ${ROLE}\nsource_profile = base\n`,
    credentials: `[base]\naws_access_key_id = ${accessKeyId}\n` +
      `aws_secret_access_key = ${secretAccessKey}\n`,
  });
  const args = ["web-1", "--profile", "dev", "--remote-port", world.service("http")];
  const child = world.start(["connect", ...args, "--format", "json"], {
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    EC2_CONNECT_SESSION_RECONNECTION_MAX_ATTEMPTS: "0",
    EC2_CONNECT_SESSION_RECONNECTION_BASE_DELAY_MS: "100",
    ...settings,
  });
  const { local_port } = await child.event<ReadyEvent>("ready");
  return { child, url: `http://127.0.0.1:${local_port}` };
}

function arrived(world: World): number {
  return world.sandbox.sessions()[0]!.counters.bytesFromClient;
}

for (const direction of ["up", "down"] as const) {
  const seed = seedOf(direction === "up" ? 11 : 12);
  Deno.test(
    `recovery: 10 MB ${direction} through every kind of fault (seed ${seed})`,
    POSIX_ONLY,
    async () => {
      await using world = await World.open({ timing: TIMING });
      const { child, url } = await openTunnel(world, {
        EC2_CONNECT_SESSION_HEALTH_CHECK_INTERVAL: "1",
      });
      await using _child = child;
      const bytes = 10 * MEGABYTE;
      const { progress, done } = startTransfer(direction, {
        url,
        bytes,
        arrived: () => arrived(world),
      });
      const each = ALL_KINDS.map((kind) =>
        planFaults(seed + ALL_KINDS.indexOf(kind), { kinds: [kind], count: 1, totalBytes: bytes })
      );
      const plan = each.flat().sort((a, b) => a.atBytes - b.atBytes);
      await carryOut(plan, struckOf(world, child, progress));
      const { sent, received } = await done;
      assert.equal(received, sent);
      assert.ok(!child.lines.some((line) => line.includes('"status":"reset"')));
      assert.equal(await child.interrupt(), 0);
      assert.deepEqual(world.sessionStates, ["Terminated"]);
    },
  );
}

Deno.test(
  "recovery: a blackhole is noticed within 5 s, and the session is back within 1 s of its end",
  POSIX_ONLY,
  async () => {
    await using world = await World.open({ timing: TIMING });
    const { child, url } = await openTunnel(world, {});
    await using _child = child;
    const { progress, done } = startTransfer("down", {
      url,
      bytes: 10 * MEGABYTE,
      arrived: () => arrived(world),
    });
    await eventually("on its way", () => progress() > MEGABYTE);
    const noticed = next(child, "resuming", "the blackhole is noticed");
    const lostMs = Date.now();
    const { id } = world.sandbox.faults.apply({ fault: "blackhole" });
    const noticedMs = Date.parse((await noticed).at) - lostMs;
    const back = next(child, "active", "the session is back");
    const clearedMs = Date.now();
    world.sandbox.faults.clear(id);
    const resumedMs = Date.parse((await back).at) - clearedMs;
    // The figures are the promise's, and room for a machine that is busy with other things; exact
    // ones are measured by the bench.
    assert.ok(noticedMs <= 5_000 + 5_000, `noticed after ${noticedMs} ms`);
    assert.ok(resumedMs <= 1_000 + 5_000, `resumed after ${resumedMs} ms`);
    const { sent, received } = await done;
    assert.equal(received, sent);
    assert.equal(await child.interrupt(), 0);
  },
);

Deno.test("recovery: a process that was stopped goes on where it was", POSIX_ONLY, async () => {
  await using world = await World.open({ timing: TIMING });
  const { child, url } = await openTunnel(world, {
    EC2_CONNECT_SESSION_HEALTH_CHECK_INTERVAL: "1",
  });
  await using _child = child;
  const { progress, done } = startTransfer("up", {
    url,
    bytes: 10 * MEGABYTE,
    arrived: () => arrived(world),
  });
  await eventually("on its way", () => progress() > MEGABYTE);
  child.process.kill("SIGSTOP");
  // Stands still for three intervals, with a connection that is whole.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  child.process.kill("SIGCONT");
  const { sent, received } = await done;
  assert.equal(received, sent);
  assert.equal(await child.interrupt(), 0);
});

Deno.test(
  "recovery: credentials that cannot be renewed end the session and say so",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = world.start(["connect", "web-1", "--local-port", "0"]);
    await child.line();
    world.sandbox.faults.apply({ fault: "expire_credentials", user_key: true });
    world.sandbox.faults.apply({ fault: "cut" });
    const { code, stderr } = await child.result();
    assert.equal(code, 3, stderr);
    assert.match(stderr, /^error: The tunnel .* has ended: the connection was lost$/m);
    assert.match(stderr, /^ {2}cause: .*the credentials have expired/m);
  },
);
