import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../../../src/errors/mod.ts";
import {
  begin,
  type Effect,
  type MachineEvent,
  type MachineRules,
  type MachineState,
  PROVEN_AFTER_MS,
  step,
} from "../../../src/session/session_machine.ts";

const RULES: MachineRules = {
  reconnect: { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: 1_000 },
  canRestart: true,
};
const READY: MachineEvent = { type: "ready", notice: "" };
const LOST: MachineEvent = { type: "lost", reason: "cut", isRoutine: false, hasHeard: true };
const away = new AppError("network", "away");

/** A machine with all that it asked for. */
class Trial {
  state: MachineState;
  effects: Effect[];
  nowMs = 0;

  constructor(readonly rules: MachineRules = RULES) {
    [this.state, this.effects] = begin();
  }

  /** Feeds events; returns what the last one asks for. */
  feed(...events: MachineEvent[]): Effect[] {
    let last: Effect[] = [];
    for (const event of events) {
      [this.state, last] = step(this.state, event, { rules: this.rules, nowMs: this.nowMs });
      this.effects.push(...last);
    }
    return last;
  }

  get states(): string[] {
    return this.effects.flatMap((effect) => effect.type === "tell_state" ? [effect.to] : []);
  }
}

function active(rules = RULES): Trial {
  const trial = new Trial(rules);
  trial.feed({ type: "channel_open" }, READY);
  return trial;
}

const types = (effects: Effect[]) => effects.map(({ type }) => type);

// --- Opening ---

Deno.test("machine: an opening goes through its states and is watched from then on", () => {
  const trial = new Trial();
  assert.deepEqual(types(trial.effects), ["start"]);
  assert.deepEqual(types(trial.feed({ type: "channel_open" })), ["tell_state"]);
  const effects = trial.feed({ type: "ready", notice: "be nice" });
  assert.deepEqual(types(effects), ["tell_state", "tell", "opened", "watch"]);
  assert.deepEqual(trial.states, ["handshaking", "active"]);
});

Deno.test("machine: an opening that fails gives everything back, then tells", () => {
  for (const before of [[], [{ type: "channel_open" } as const]]) {
    const trial = new Trial();
    trial.feed(...before);
    assert.deepEqual(types(trial.feed({ type: "attempt_failed", error: away })), [
      "tell_state",
      "unwatch",
      "release",
    ]);
    assert.deepEqual(trial.feed({ type: "released" }), [{ type: "not_opened", error: away }]);
    assert.deepEqual(trial.feed({ type: "released" }), []);
    assert.equal(trial.state.phase, "failed");
  }
});

// --- Losing ---

Deno.test("machine: a lost connection is resumed at once", () => {
  const trial = active();
  const effects = trial.feed(LOST);
  assert.deepEqual(types(effects), ["tell_state", "unwatch", "drop", "resume"]);
  assert.deepEqual(types(trial.feed({ type: "resumed" })), ["tell_state", "watch"]);
  assert.deepEqual(trial.states.slice(1), ["active", "resuming", "active"]);
});

Deno.test("machine: the service's routine close is told as one", () => {
  const [told] = active().feed({ ...LOST, isRoutine: true });
  assert.ok(told!.type === "tell_state" && told!.isRoutine);
  const [other] = active().feed(LOST);
  assert.ok(other!.type === "tell_state" && !other!.isRoutine);
});

Deno.test("machine: silence is suspect, and resumed in the same moment", () => {
  const trial = active();
  const effects = trial.feed({ type: "silent", reason: "nothing for 5 s", hasHeard: true });
  assert.deepEqual(types(effects), ["tell_state", "tell_state", "unwatch", "drop", "resume"]);
  assert.deepEqual(trial.states.slice(2), ["suspect", "resuming"]);
});

Deno.test("machine: what is suspect may be fine again, or lost", () => {
  const trial = active();
  trial.feed({ type: "unanswered", reason: "no answer" });
  assert.deepEqual(trial.feed({ type: "unanswered", reason: "no answer" }), []);
  trial.feed({ type: "heard" });
  assert.deepEqual(trial.states.slice(2), ["suspect", "active"]);
  assert.deepEqual(types(trial.feed({ type: "clock_jumped", byMs: 60_000 })), [
    "tell_state",
    "probe",
  ]);
  trial.feed({ type: "silent", reason: "it does not answer", hasHeard: true });
  assert.deepEqual(trial.states.slice(4), ["suspect", "resuming"]);
});

Deno.test("machine: without a policy a lost connection is the end", () => {
  for (const event of [LOST, { type: "silent", reason: "cut", hasHeard: true } as const]) {
    const trial = active({ ...RULES, reconnect: undefined });
    assert.ok(types(trial.feed(event)).includes("release"));
    assert.deepEqual(trial.feed({ type: "released" }), [
      { type: "ended", end: { by: "lost", reason: "cut" } },
    ]);
    assert.equal(trial.state.phase, "failed");
  }
});

// --- Attempts ---

Deno.test("machine: attempts that fail are told, waited for and limited", () => {
  const trial = active();
  trial.feed(LOST);
  for (const attempts of [1, 2]) {
    assert.deepEqual(trial.feed({ type: "attempt_failed", error: away }), [
      { type: "tell", message: `Resume attempt ${attempts} failed: away` },
      { type: "wait", attempts },
    ]);
    assert.deepEqual(trial.feed({ type: "waited" }), [{ type: "resume" }]);
  }
  const effects = trial.feed({ type: "attempt_failed", error: new Error("no route") });
  assert.deepEqual(types(effects), ["tell", "tell_state", "unwatch", "release"]);
  assert.deepEqual(trial.feed({ type: "released" }), [
    { type: "ended", end: { by: "lost", reason: "Resuming the session: no route" } },
  ]);
});

Deno.test("machine: a limit of 0 is none", () => {
  const trial = active({ ...RULES, reconnect: { ...RULES.reconnect!, maxAttempts: 0 } });
  trial.feed(LOST);
  for (let attempts = 1; attempts <= 1_000; attempts++) {
    const effects = trial.feed({ type: "attempt_failed", error: away });
    assert.deepEqual(effects[1], { type: "wait", attempts });
    trial.feed({ type: "waited" });
  }
});

Deno.test("machine: what only a person can mend is not tried again", () => {
  for (const kind of ["auth", "config"] as const) {
    const trial = active();
    trial.feed(LOST, { type: "attempt_failed", error: new AppError(kind, "sign in again") });
    assert.equal(trial.state.phase, "failed");
  }
});

Deno.test("machine: an attempt that was overtaken is made again and does not count", () => {
  const trial = active();
  trial.feed(LOST);
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(trial.feed({ type: "attempt_overtaken" }), [{ type: "resume" }]);
  }
  assert.deepEqual(trial.feed({ type: "attempt_failed", error: away })[1], {
    type: "wait",
    attempts: 1,
  });
});

Deno.test("machine: a connection that neither lasts nor says anything was a failed attempt", () => {
  const trial = active();
  trial.feed(LOST, { type: "resumed" });
  trial.nowMs += PROVEN_AFTER_MS - 1;
  const effects = trial.feed({ ...LOST, hasHeard: false });
  assert.equal(types(effects)[0], "tell");
  assert.deepEqual(effects.at(-1), { type: "wait", attempts: 1 });
  trial.feed({ type: "waited" }, { type: "resumed" });
  trial.nowMs += PROVEN_AFTER_MS;
  assert.deepEqual(trial.feed({ ...LOST, hasHeard: false }).at(-1), { type: "resume" });
});

Deno.test("machine: being asked to reconnect drops the connection, or ends a wait", () => {
  const trial = active();
  assert.deepEqual(types(trial.feed({ type: "reconnect_asked" })), [
    "tell_state",
    "unwatch",
    "drop",
    "resume",
  ]);
  assert.deepEqual(trial.feed({ type: "reconnect_asked" }), [{ type: "hurry" }]);
  const never = active({ ...RULES, reconnect: undefined });
  assert.deepEqual(never.feed({ type: "reconnect_asked" }), []);
});

// --- Restarting ---

Deno.test("machine: a refused resume becomes a restart, with attempts of its own", () => {
  const trial = active();
  trial.feed(LOST, { type: "attempt_failed", error: away }, { type: "waited" });
  const effects = trial.feed({ type: "resume_refused", reason: "gone", mayRestart: true });
  assert.deepEqual(types(effects), ["tell_state", "unwatch", "drop", "break_off", "restart"]);
  trial.feed({ type: "channel_open" });
  for (const attempts of [1, 2]) {
    const [, wait] = trial.feed({ type: "attempt_failed", error: new AppError("target", "off") });
    assert.deepEqual(wait, { type: "wait", attempts });
    assert.deepEqual(trial.feed({ type: "waited" }), [{ type: "restart" }]);
  }
  assert.deepEqual(types(trial.feed(READY)), ["tell_state", "watch"]);
  assert.deepEqual(trial.states.slice(2), ["resuming", "restarting", "active"]);
});

Deno.test("machine: what cannot be restarted ends with a refused resume", () => {
  const trial = active({ ...RULES, canRestart: false });
  trial.feed(LOST, { type: "resume_refused", reason: "gone", mayRestart: true }, {
    type: "released",
  });
  assert.deepEqual(trial.state, { phase: "closed", end: { by: "remote", reason: "gone" } });
});

Deno.test("machine: a broken protocol is a restart, not without end, or the end", () => {
  const trial = active();
  for (let i = 0; i < 3; i++) {
    trial.feed({ type: "broken", reason: "smux" }, { type: "waited" }, READY);
  }
  trial.feed({ type: "broken", reason: "smux" });
  assert.deepEqual(trial.states.slice(2), [
    ...Array(3).fill(["restarting", "active"]).flat(),
    "failed",
  ]);
  assert.equal(trial.state.phase, "failed");
  const ssh = active({ ...RULES, canRestart: false });
  ssh.feed({ type: "broken", reason: "smux" });
  assert.equal(ssh.state.phase, "failed");
});

// --- Any order of events ---

/** To where each state may lead. */
const LEGAL: Record<string, readonly string[]> = {
  connecting: ["handshaking", "active", "failed"],
  handshaking: ["active", "failed"],
  active: ["suspect", "resuming", "restarting", "closing", "failed"],
  suspect: ["active", "resuming", "restarting", "closing", "failed"],
  resuming: ["active", "restarting", "closing", "failed"],
  restarting: ["active", "closing", "failed"],
  closing: ["closed"],
  closed: [],
  failed: [],
};

const events: fc.Arbitrary<MachineEvent> = fc.oneof(
  fc.constant<MachineEvent>({ type: "channel_open" }),
  fc.constant(READY),
  fc.constant<MachineEvent>({ type: "resumed" }),
  fc.constantFrom("network", "auth", "target").map((kind): MachineEvent => ({
    type: "attempt_failed",
    error: new AppError(kind as "network", "no"),
  })),
  fc.constant<MachineEvent>({ type: "attempt_overtaken" }),
  fc.constant<MachineEvent>({ type: "resume_refused", reason: "gone", mayRestart: true }),
  fc.constant<MachineEvent>({ type: "waited" }),
  fc.record({ isRoutine: fc.boolean(), hasHeard: fc.boolean() }).map((how): MachineEvent => ({
    type: "lost",
    reason: "cut",
    ...how,
  })),
  fc.boolean().map((hasHeard): MachineEvent => ({ type: "silent", reason: "quiet", hasHeard })),
  fc.constant<MachineEvent>({ type: "unanswered", reason: "quiet" }),
  fc.constant<MachineEvent>({ type: "heard" }),
  fc.constant<MachineEvent>({ type: "clock_jumped", byMs: 9_000 }),
  fc.constant<MachineEvent>({ type: "reconnect_asked" }),
  fc.constant<MachineEvent>({ type: "broken", reason: "smux" }),
  fc.constant<MachineEvent>({ type: "ended_remotely", reason: "" }),
  fc.constant<MachineEvent>({ type: "close_asked", reason: "" }),
);

const someRules: fc.Arbitrary<MachineRules> = fc.record({
  canRestart: fc.boolean(),
  reconnect: fc.option(
    fc.record({
      maxAttempts: fc.nat(4),
      baseDelayMs: fc.constant(1),
      maxDelayMs: fc.constant(1),
    }),
    { nil: undefined },
  ),
});

Deno.test("machine: whatever happens in whatever order, states follow one another legally and end", () => {
  fc.assert(
    fc.property(
      someRules,
      fc.array(fc.tuple(events, fc.nat(20_000)), { maxLength: 60 }),
      (rules, plan) => {
        const trial = new Trial(rules);
        for (const [event, elapsedMs] of plan) {
          trial.nowMs += elapsedMs;
          trial.feed(event);
        }
        trial.feed({ type: "close_asked", reason: "" }, { type: "released" });
        let at = "connecting";
        for (const effect of trial.effects) {
          if (effect.type !== "tell_state") continue;
          assert.equal(effect.from, at);
          assert.ok(LEGAL[at]!.includes(effect.to), `${at} -> ${effect.to}`);
          at = effect.to;
        }
        assert.equal(trial.state.phase, at);
        assert.ok(at === "closed" || at === "failed", at);
        const counted = (type: Effect["type"]) =>
          trial.effects.filter((effect) => effect.type === type).length;
        assert.equal(counted("release"), 1);
        assert.equal(counted("ended") + counted("not_opened"), 1);
        assert.equal(counted("opened") + counted("not_opened"), 1);
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("machine: one attempt or wait is under way at a time", () => {
  // Results come only of what was asked for; all else may come at any time.
  const anytime = events.filter(({ type }) =>
    !["channel_open", "ready", "resumed", "attempt_failed", "attempt_overtaken", "resume_refused"]
      .includes(type) && type !== "waited"
  );
  const results = fc.constantFrom("resumed", "failed", "overtaken", "refused");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), anytime, results), { maxLength: 60 }),
      (plan) => {
        const trial = active({ ...RULES, reconnect: { ...RULES.reconnect!, maxAttempts: 0 } });
        let pending: Effect["type"] | undefined;
        const note = (effects: Effect[]) => {
          for (const { type } of effects) {
            if (type === "release") pending = undefined;
            if (type !== "resume" && type !== "restart" && type !== "wait") continue;
            assert.equal(pending, undefined, `${type} beside ${pending}`);
            pending = type;
          }
        };
        for (const [isResult, event, result] of plan) {
          if (!isResult || pending === undefined) {
            note(trial.feed(event));
            continue;
          }
          const done = pending;
          pending = undefined;
          if (done === "wait") note(trial.feed({ type: "waited" }));
          else if (result === "failed") {
            note(trial.feed({ type: "attempt_failed", error: away }));
          } else if (result === "overtaken") note(trial.feed({ type: "attempt_overtaken" }));
          else if (done === "restart") note(trial.feed(READY));
          else if (result === "resumed") note(trial.feed({ type: "resumed" }));
          else note(trial.feed({ type: "resume_refused", reason: "gone", mayRestart: true }));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
