import assert from "node:assert/strict";
import { FactFailure } from "../../../src/diagnostics/api/fact_failure.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import { failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Ec2Instance } from "../../../src/diagnostics/facts/instance.ts";
import type { FixParams } from "../../../src/diagnostics/fixes/contracts.ts";
import type { Consent } from "../../../src/diagnostics/fixes/decide.ts";
import { planLines, resultLine } from "../../../src/diagnostics/fixes/fix_report.ts";
import { type FixRun, runFixes } from "../../../src/diagnostics/fixes/fix_run.ts";
import { fileJournal, readJournal } from "../../../src/diagnostics/fixes/journal.ts";
import { rollBackRun } from "../../../src/diagnostics/fixes/roll_back_run.ts";
import { CHECK_IDS } from "../../../src/diagnostics/contracts.ts";
import type { Readers } from "../../../src/diagnostics/readers/reader.ts";
import { reportSchema } from "../../../src/diagnostics/report_schema.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import {
  HEALTHY,
  healthyFacts,
  healthyParameters,
  INSTANCE_ID,
  NOW_MS,
} from "../../support/facts.ts";
import { approve, NO_CONSENT, serviceError } from "./_fixes.ts";

const STOPPED: Partial<Facts> = {
  instance: known<Ec2Instance>({ ...HEALTHY.instance, state: "stopped" }),
  connection: known("notconnected"),
  node: known(undefined),
};

const NO_PROFILE = failed("not_applicable", "iam:GetInstanceProfile", "no profile");
/** No profile, and no way out: two causes. */
const TWO_CAUSES: Partial<Facts> = {
  instance: known<Ec2Instance>({ ...HEALTHY.instance, profile: undefined }),
  profileAssociation: known(undefined),
  instanceProfile: NO_PROFILE,
  rolePermissions: NO_PROFILE,
  securityGroups: known([{ ...HEALTHY.securityGroups[0], egress: [] }, HEALTHY.securityGroups[1]]),
  connection: known("notconnected"),
  node: known(undefined),
};

/** An account in memory: what a call changes, the next reading shows. */
class Account {
  facts: Facts;
  readonly sent: string[] = [];
  readonly #effects: Record<string, (params: FixParams) => Partial<Facts>>;

  constructor(
    changes: Partial<Facts>,
    effects: Record<string, (params: FixParams) => Partial<Facts>> = {},
  ) {
    this.facts = healthyFacts(changes);
    this.#effects = effects;
  }

  send(name: string, params: FixParams): Promise<Record<string, unknown>> {
    this.sent.push(name);
    const effect = this.#effects[name];
    if (effect === undefined) return Promise.reject(serviceError("UnauthorizedOperation", 403));
    this.facts = { ...this.facts, ...effect(params) };
    return Promise.resolve({ $metadata: { requestId: "req-7" } });
  }

  readers(): Readers {
    return Object.fromEntries(
      Object.keys(this.facts).map((id) => [id, () => {
        const fact = this.facts[id as keyof Facts];
        if (fact.state === "known") return Promise.resolve(fact.value);
        return Promise.reject(new FactFailure(fact));
      }]),
    ) as unknown as Readers;
  }
}

const EFFECTS = {
  "ec2:StartInstances": () => ({
    instance: known<Ec2Instance>(HEALTHY.instance),
    connection: known("connected"),
    node: known(HEALTHY.node),
  }),
  "ec2:StopInstances": () => STOPPED,
  "ec2:AssociateIamInstanceProfile": () => ({
    instance: known<Ec2Instance>(HEALTHY.instance),
    profileAssociation: known(HEALTHY.profileAssociation),
    instanceProfile: known(HEALTHY.instanceProfile),
    rolePermissions: known(HEALTHY.rolePermissions),
  }),
  "ec2:AuthorizeSecurityGroupEgress": () => ({
    securityGroups: known(HEALTHY.securityGroups),
    connection: known("connected"),
    node: known(HEALTHY.node),
  }),
};

async function run(
  account: Account,
  consent: Consent,
  { isDryRun = false, journal = "" } = {},
): Promise<FixRun> {
  const folder = journal === "" ? await Deno.makeTempDir() : journal;
  const clock = new FakeClock();
  const hurried = Object.assign(Object.create(clock) as FakeClock, {
    // Waiting is over at once, except for deadlines, which nothing here misses.
    setTimeout: (callback: () => void, delayMs: number) => {
      if (delayMs > 5_000) return 0;
      queueMicrotask(callback);
      clock.advance(delayMs);
      return 0;
    },
    clearTimeout() {},
    nowMs: () => clock.nowMs(),
    epochMs: () => NOW_MS + clock.nowMs(),
  });
  try {
    return await runFixes({
      diagnosis: {
        transport: { send: () => Promise.reject(serviceError("UnauthorizedOperation", 403)) },
        readers: account.readers(),
        clock: hurried,
        random: () => 0,
        version: "0.0.0",
      },
      mutations: {
        send: (service, action, params) => account.send(`${service}:${action}`, params),
      },
      act: (action, params) => account.send(`local:${action}`, params),
      journal: (runId) => fileJournal(folder, runId),
      confirm: () => Promise.resolve(false),
    }, {
      checks: CHECK_IDS,
      consent,
      options: { instanceProfile: "ssm-core", requested: [], factFolder: undefined },
      isDryRun,
      disabled: new Set(),
      parameters: healthyParameters(),
      isParallel: false,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
    });
  } finally {
    if (journal === "") await Deno.remove(folder, { recursive: true });
  }
}

const statesOf = ({ results }: FixRun) => results.map(({ plan, state }) => `${plan.id} ${state}`);

Deno.test("FX-1 a dry run plans, sends nothing that changes anything, and wins over every other flag", async () => {
  for (const consent of [NO_CONSENT, { ...approve("start_instance"), autoFix: true }]) {
    const account = new Account(STOPPED, EFFECTS);
    const before = structuredClone(account.facts);
    const done = await run(account, consent, { isDryRun: true });
    assert.deepEqual(statesOf(done), ["start_instance planned"]);
    assert.deepEqual(account.sent, []);
    assert.deepEqual(account.facts, before);
    assert.equal(done.exitCode, 0);
    assert.equal(done.report.summary.exit_code, 0);
    reportSchema.parse(done.report);
  }
});

Deno.test("a dry run prints all that the person must know", async () => {
  const done = await run(new Account(STOPPED, EFFECTS), NO_CONSENT, { isDryRun: true });
  assert.deepEqual(planLines(done.results[0]!, 1, NO_CONSENT), [
    "[1] start_instance   UNSAFE (costs money)   scope: instance",
    `    fixes        instance_state/INSTANCE_STOPPED#${INSTANCE_ID}`,
    `    would call   ec2:StartInstances {"InstanceIds":["${INSTANCE_ID}"]}`,
    "    needs        ec2:StartInstances",
    "    precondition ok: the instance is stopped",
    '    also felt by {"instances":1,"warnings":["its public address changes, unless it is an ' +
    'elastic one"]}',
    `    rollback     ec2:StopInstances {"InstanceIds":["${INSTANCE_ID}"]}`,
    "    verify       instance_state, ssm_agent (300 s)",
    "    decision     needs_confirmation (--approve start_instance, or run it on a terminal)",
  ]);
});

Deno.test("an approved fix is applied and verified, and the report is of the world after it", async () => {
  const account = new Account(STOPPED, EFFECTS);
  const done = await run(account, approve("start_instance"));
  assert.deepEqual(statesOf(done), ["start_instance verified"]);
  assert.deepEqual(account.sent, ["ec2:StartInstances"]);
  assert.equal(done.exitCode, 0);
  assert.equal(done.report.summary.can_connect, "yes");
  const [fix] = reportSchema.parse(done.report).fixes;
  assert.deepEqual(fix?.rollback, [{
    service: "ec2",
    action: "StopInstances",
    params: { InstanceIds: [INSTANCE_ID] },
  }]);
  assert.equal(resultLine(done.results[0]!), "start_instance: verified");
});

Deno.test("two causes are mended one after the other, the role first", async () => {
  const account = new Account(TWO_CAUSES, EFFECTS);
  const ids = ["attach_instance_profile", "add_instance_egress_443"];
  const done = await run(account, approve(...ids));
  // The profile's own conditions cannot be read here, which is no reason to refuse.
  assert.deepEqual(statesOf(done), [
    "attach_instance_profile applied",
    "add_instance_egress_443 verified",
  ]);
  assert.deepEqual(account.sent, [
    "ec2:AssociateIamInstanceProfile",
    "ec2:AuthorizeSecurityGroupEgress",
  ]);
  assert.equal(done.exitCode, 0);
});

Deno.test("FX-8 what needs confirmation leaves the exit code of what it would mend", async () => {
  const consent = { ...NO_CONSENT, autoFix: true };
  const done = await run(new Account(STOPPED, EFFECTS), consent);
  assert.deepEqual(statesOf(done), ["start_instance needs_confirmation"]);
  assert.equal(done.exitCode, 3);
  const skipped = await run(new Account(STOPPED, EFFECTS), { ...consent, safeOnly: true });
  assert.deepEqual([statesOf(skipped), skipped.exitCode], [["start_instance skipped_unsafe"], 3]);
});

Deno.test("EX-1 a fix that failed is exit code 1, whatever is critical", async () => {
  const broken = new Account(STOPPED, {
    "ec2:StartInstances": () => {
      throw serviceError("InsufficientInstanceCapacity", 500);
    },
  });
  const done = await run(broken, approve("start_instance"));
  assert.deepEqual([statesOf(done), done.exitCode], [["start_instance failed"], 1]);
  assert.equal(done.report.summary.exit_code, 1);
});

Deno.test("nothing to fix is exit code 0", async () => {
  const done = await run(new Account({}), { ...NO_CONSENT, autoFix: true });
  assert.deepEqual([statesOf(done), done.exitCode, done.hasChanged], [[], 0, false]);
});

Deno.test("the journal is on the disk before the call, and takes the run back", async () => {
  const folder = await Deno.makeTempDir();
  try {
    let seen: string[] = [];
    const account = new Account(STOPPED, {
      ...EFFECTS,
      "ec2:StartInstances": () => {
        const [file] = [...Deno.readDirSync(folder)];
        const text = Deno.readTextFileSync(`${folder}/${file?.name}`);
        seen = text.trim().split("\n").map((line) => JSON.parse(line).event);
        return EFFECTS["ec2:StartInstances"]();
      },
    });
    const done = await run(account, approve("start_instance"), { journal: folder });
    assert.deepEqual(seen, ["intent"]);
    const runId = done.report.run_id;
    const path = fileJournal(folder, runId).path;
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const entries = await readJournal(folder, runId) ?? [];
    assert.deepEqual(entries.map(({ event, request_id }) => [event, request_id]), [
      ["intent", null],
      ["result", "req-7"],
    ]);
    const takeBack = async (isDryRun: boolean) =>
      await rollBackRun(await readJournal(folder, runId) ?? [], {
        mutations: {
          send: (service, action, params) => account.send(`${service}:${action}`, params),
        },
        act: () => Promise.reject(new Error("nothing local was changed")),
        journal: fileJournal(folder, runId),
        clock: new FakeClock(),
        isDryRun,
      });
    const stop = {
      fixId: "start_instance",
      call: { service: "ec2", action: "StopInstances", params: { InstanceIds: [INSTANCE_ID] } },
      error: undefined,
    };
    assert.deepEqual(await takeBack(true), [stop]);
    assert.deepEqual(account.sent, ["ec2:StartInstances"]);
    assert.deepEqual(await takeBack(false), [stop]);
    assert.equal(
      account.facts.instance.state === "known" && account.facts.instance.value?.state,
      "stopped",
    );
    // Once taken back, nothing is left.
    assert.deepEqual(await takeBack(false), []);
    assert.equal(await readJournal(folder, "01JGG0000000000000000000AA"), undefined);
    assert.equal(await readJournal(folder, "../../etc/passwd"), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a journal that cannot be written keeps the change from being made", async () => {
  const file = await Deno.makeTempFile();
  try {
    const account = new Account(STOPPED, EFFECTS);
    await assert.rejects(run(account, approve("start_instance"), { journal: file }), {
      name: "AppError",
    });
    assert.deepEqual(account.sent, []);
  } finally {
    await Deno.remove(file);
  }
});
