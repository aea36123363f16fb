import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import type {
  HostedSession,
  Priority,
  SessionElsewhere,
  SessionEnd,
  SessionSnapshot,
} from "../../../src/session/mod.ts";
import { closeAll, SessionManager, SessionPlaces } from "../../../src/session/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const WEB = "i-0123456789abcdef0";
const never = () => new Promise<never>(() => {});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}

/** As much of a session as the manager looks at. */
class FakeSession implements HostedSession {
  readonly #closed = Promise.withResolvers<SessionEnd>();
  readonly closed = this.#closed.promise;
  reasons: (string | undefined)[] = [];
  closing: Promise<void> = Promise.resolve();

  constructor(readonly facts: Partial<SessionSnapshot>) {}

  snapshot(): SessionSnapshot {
    return {
      sessionId: "me-1",
      instanceId: WEB,
      priority: "normal",
      state: "active",
      startedAtMs: 0,
      openConnections: 0,
      ...this.facts,
    } as SessionSnapshot;
  }

  reconnect(): void {}

  setFrugal(): void {}

  probe(): Promise<number> {
    return Promise.resolve(1);
  }

  onStateChange(): Disposable {
    return { [Symbol.dispose]() {} };
  }

  async close(reason = ""): Promise<void> {
    this.reasons.push(reason);
    await this.closing;
    this.#closed.resolve({ by: "user", reason });
  }
}

class Trial {
  elsewhere: SessionElsewhere[] = [];
  readonly ended: string[] = [];
  readonly manager: SessionManager;
  #count = 0;

  constructor(maxPerInstance = 3) {
    this.manager = new SessionManager({
      maxPerInstance,
      elsewhere: () => Promise.resolve(this.elsewhere),
    });
  }

  open(priority: Priority = "normal", facts: Partial<SessionSnapshot> = {}): Promise<FakeSession> {
    const sessionId = `me-${++this.#count}`;
    const wish = { instanceId: facts.instanceId ?? WEB, priority };
    return this.manager.open(
      wish,
      () => Promise.resolve(new FakeSession({ sessionId, priority, ...facts })),
    );
  }

  /** Another process holds one. */
  hold(sessionId: string, facts: Partial<SessionElsewhere> = {}): void {
    this.elsewhere.push({
      sessionId,
      instanceId: WEB,
      priority: "normal",
      startedAtMs: 0,
      openConnections: 0,
      end: () => Promise.resolve(void this.ended.push(sessionId)),
      ...facts,
    });
  }
}

function isRefusal(error: unknown): boolean {
  assert.ok(error instanceof AppError && error.kind === "resource");
  assert.equal(error.exitCode, 5);
  return true;
}

Deno.test("SessionManager opens as many sessions to an instance as are allowed", async () => {
  const trial = new Trial(2);
  await trial.open();
  const second = await trial.open();
  await trial.open("normal", { instanceId: "i-0fedcba9876543210" });
  await assert.rejects(trial.open(), (error: AppError) => {
    assert.equal(error.message, `Cannot open another session to ${WEB}: 2 are open`);
    assert.match(error.why!, /max_sessions_per_instance is 2, and none .* below normal/);
    return isRefusal(error);
  });
  await second.close();
  await trial.open();
});

Deno.test("SessionManager counts those that are being opened, and those of other processes", async () => {
  const trial = new Trial(2);
  const opening = trial.manager.open({ instanceId: WEB, priority: "normal" }, never);
  opening.catch(() => {});
  await settled();
  trial.hold("other-1");
  await assert.rejects(trial.open(), isRefusal);
  // Those that this process holds are among those of all processes: they count once.
  const single = new Trial(2);
  const own = await single.open();
  single.hold(own.snapshot().sessionId);
  await single.open();
});

Deno.test("SessionManager gives the place back when opening fails", async () => {
  const trial = new Trial(1);
  const failure = new AppError("network", "away");
  const wish = { instanceId: WEB, priority: "normal" } as const;
  await assert.rejects(trial.manager.open(wish, () => Promise.reject(failure)), failure);
  await trial.open();
});

Deno.test("SessionManager lets the lowest yield to a higher priority: never a higher to a lower", async () => {
  const trial = new Trial(3);
  const low = await trial.open("low");
  const normal = await trial.open("normal");
  await trial.open("critical");
  await assert.rejects(trial.open("low"), isRefusal);
  await trial.open("high");
  assert.deepEqual(low.reasons, ["it yielded its place to a session of higher priority"]);
  assert.deepEqual(normal.reasons, []);
  await trial.open("critical");
  assert.equal(normal.reasons.length, 1);
  await assert.rejects(trial.open("high"), isRefusal);
});

Deno.test("SessionManager takes of equals one that nobody uses, and of those the newest", async () => {
  const trial = new Trial(3);
  trial.hold("used", { priority: "low", startedAtMs: 3, openConnections: 1 });
  trial.hold("old", { priority: "low", startedAtMs: 1 });
  trial.hold("new", { priority: "low", startedAtMs: 2 });
  await trial.open();
  assert.deepEqual(trial.ended, ["new"]);
});

Deno.test("SessionManager does not count what is about to be gone", async () => {
  const trial = new Trial(1);
  await trial.open("normal", { state: "closing" });
  await trial.open();
});

Deno.test("two that want the last place at a time do not both get it", async () => {
  const trial = new Trial(1);
  const outcomes = await Promise.allSettled([trial.open(), trial.open()]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected"]);
});

Deno.test("closeAll() ends all at a time, within its deadline", async () => {
  const clock = new FakeClock();
  const sessions = [new FakeSession({}), new FakeSession({})];
  const last = Promise.withResolvers<void>();
  sessions[0]!.closing = last.promise;
  const closing = closeAll(sessions, { clock, timeoutMs: 8_000 });
  await settled();
  assert.deepEqual(sessions.map(({ reasons }) => reasons.length), [1, 1]);
  last.resolve();
  assert.equal(await closing, true);
  assert.deepEqual(clock.delays, []);

  const stuck = new FakeSession({});
  stuck.closing = never();
  const late = closeAll([stuck], { clock, timeoutMs: 8_000 });
  await settled();
  clock.advance(8_000);
  assert.equal(await late, false);
});

Deno.test("commands of one process that open at a time count each other", async () => {
  const places = new SessionPlaces();
  const manager = () =>
    new SessionManager({ maxPerInstance: 2, elsewhere: () => Promise.resolve([]), places });
  const open = (from: SessionManager, sessionId: string) =>
    from.open({ instanceId: WEB, priority: "normal" }, async () => {
      await settled();
      return new FakeSession({ sessionId });
    });
  const results = await Promise.allSettled(["a", "b", "c"].map((id) => open(manager(), id)));
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected"]);
  // Without a common count each would have had its own.
  const [first] = results;
  assert.ok(first?.status === "fulfilled");
  await first.value.close();
  await open(manager(), "d");
  await assert.rejects(open(manager(), "e"), AppError);
});
