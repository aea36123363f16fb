import assert from "node:assert/strict";
import { ApiCaller } from "../../../src/diagnostics/api/caller.ts";
import {
  CallSlots,
  PARALLEL_SLOTS,
  SERIAL_SLOTS,
} from "../../../src/diagnostics/api/call_slots.ts";
import { FactFailure } from "../../../src/diagnostics/api/fact_failure.ts";
import type { ApiTransport, ServiceName } from "../../../src/diagnostics/api/transport.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { DiagnosisRequest } from "../../../src/diagnostics/diagnosis.ts";
import type { RunEvent } from "../../../src/diagnostics/runner.ts";
import { systemClock } from "../../../src/platform/mod.ts";
import { seeded } from "../../support/seeded.ts";
import { HEALTHY, healthyParameters } from "../../support/facts.ts";
import { comparable } from "../../support/diagnosed.ts";
import { madeDiagnosis, never } from "../../support/made_diagnosis.ts";

const signal = new AbortController().signal;
/** Waits take no time. */
const hurried = {
  ...systemClock,
  setTimeout: (callback: () => void, delayMs: number) =>
    systemClock.setTimeout(callback, delayMs >= 10_000 ? delayMs : 0),
};

function callerOver(answers: (attempt: number) => unknown) {
  let attempts = 0;
  const transport = {
    send: () => {
      attempts += 1;
      const answer = answers(attempts);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  } as unknown as ApiTransport;
  const caller = new ApiCaller({ transport, clock: hurried, slots: SERIAL_SLOTS, random: () => 1 });
  return { caller, attempts: () => attempts };
}

function serviceError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
}

Deno.test("IS-7 throttling is tried again, four times in all, then told", async () => {
  const throttled = serviceError("RequestLimitExceeded", 503);
  const twice = callerOver((attempt) => attempt <= 2 ? throttled : { Reservations: [] });
  await twice.caller.call("ec2", "DescribeInstances", {}, { signal });
  assert.equal(twice.attempts(), 3);
  assert.equal(twice.caller.counts.get("ec2:DescribeInstances"), 1);
  assert.deepEqual(twice.caller.errors, []);

  const always = callerOver(() => throttled);
  await assert.rejects(
    always.caller.call("ec2", "DescribeInstances", {}, { signal }),
    (error: FactFailure) => error.fact.state === "failed" && error.fact.reason === "throttled",
  );
  assert.equal(always.attempts(), 4);
  assert.equal(always.caller.errors[0]!.attempts, 4);
});

Deno.test("a refusal is told at once, with the action that is missing", async () => {
  const { caller, attempts } = callerOver(() => serviceError("UnauthorizedOperation", 403));
  await assert.rejects(
    caller.call("ec2", "DescribeVpcs", {}, { signal }),
    (error: FactFailure) =>
      error.fact.state === "denied" && error.fact.action === "ec2:DescribeVpcs",
  );
  assert.equal(attempts(), 1);
});

Deno.test("an optional call is tried twice where the service fails", async () => {
  const { caller, attempts } = callerOver(() => serviceError("InternalError", 500));
  await assert.rejects(
    caller.call("kms", "DescribeKey", { KeyId: "k" }, { signal, isOptional: true }),
  );
  assert.equal(attempts(), 2);
});

Deno.test("PA-4 never more calls at once than the limits", async () => {
  const slots = new CallSlots(PARALLEL_SLOTS);
  const busy = new Map<ServiceName, number>();
  let total = 0;
  let most = 0;
  const services: ServiceName[] = ["ec2", "ssm", "iam", "kms", "sts"];
  await Promise.all(Array.from({ length: 60 }, async (_, index) => {
    const service = services[index % services.length]!;
    await slots.run(service, signal, async () => {
      busy.set(service, (busy.get(service) ?? 0) + 1);
      total += 1;
      most = Math.max(most, total);
      assert.ok(busy.get(service)! <= PARALLEL_SLOTS.perService[service], service);
      await Promise.resolve();
      await Promise.resolve();
      total -= 1;
      busy.set(service, busy.get(service)! - 1);
    });
  }));
  assert.equal(most, PARALLEL_SLOTS.total);
});

Deno.test("PA-2 what hangs ends at the deadline of its checks; the others finish", async () => {
  const { report } = await madeDiagnosis({
    request: { timeoutMs: 50 },
    before: (id, signal) => id === "securityGroups" ? never(signal) : Promise.resolve(),
  });
  const of = (id: string) => report.checks.find((check) => check.id === id)!;
  assert.deepEqual([of("security_groups").status, of("security_groups").reason_code], [
    "unknown",
    "timeout",
  ]);
  assert.equal(of("routing").status, "ok");
  assert.equal(of("iam_permissions").status, "ok");
});

Deno.test("PA-5 a fact that fails gives every check that needs it the same reason", async () => {
  const { report } = await madeDiagnosis({
    facts: { vpcEndpoints: failed("service_error", "ec2:DescribeVpcEndpoints", "HTTP 500") },
  });
  const of = (id: string) => report.checks.find((check) => check.id === id)!;
  for (const id of ["vpc_endpoints", "security_groups", "network_connectivity"]) {
    assert.deepEqual([of(id).status, of(id).reason_code], ["unknown", "service_error"], id);
  }
});

Deno.test("PA-6 whatever order facts come in, the verdicts are the same", async () => {
  const wanted = comparable((await madeDiagnosis()).report);
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const { report } = await madeDiagnosis({
      request: { isParallel: seed % 2 === 0 },
      before: async () => {
        for (let turns = Math.floor(random() * 8); turns > 0; turns--) await Promise.resolve();
      },
    });
    assert.deepEqual(comparable(report), wanted, `seed ${seed}`);
  }
});

Deno.test("PA-3 facts are read once, however many ask", async () => {
  const { reads } = await madeDiagnosis();
  assert.equal(new Set(reads).size, reads.length, reads.join());
});

Deno.test("CR-2 refused credentials: one critical, every check of AWS skipped, the port still tried", async () => {
  const { report, exitCode, reads } = await madeDiagnosis({
    facts: {
      identity: failed("auth_failed", "sts:GetCallerIdentity", "refused", "InvalidClientTokenId"),
    },
  });
  assert.equal(exitCode, 4);
  const critical = report.checks.filter(({ status }) => status === "critical");
  assert.deepEqual(critical.map(({ id }) => id), ["credentials"]);
  const routing = report.checks.find(({ id }) => id === "routing")!;
  assert.deepEqual([routing.status, routing.blocked_by], ["skipped", "credentials"]);
  assert.equal(report.checks.find(({ id }) => id === "local_port_availability")!.status, "ok");
  assert.ok(!reads.includes("routeTables"), "nothing else was asked");
});

Deno.test("Ctrl-C: what is not known is aborted, exit 130, and the report is told", async () => {
  const stop = new AbortController();
  const { report, exitCode } = await madeDiagnosis({
    request: { signal: stop.signal },
    before: (id, signal) => {
      if (id !== "routeTables") return Promise.resolve();
      queueMicrotask(() => stop.abort());
      return never(signal);
    },
  });
  assert.equal(exitCode, 130);
  assert.equal(report.interrupted, true);
  assert.equal(report.checks.find(({ id }) => id === "routing")!.reason_code, "aborted");
});

Deno.test("XX-1 everything denied: unknown with what is needed, exit 4, nothing ok that AWS had to show", async () => {
  const ids = [
    "instance",
    "instanceStatus",
    "node",
    "connection",
    "hostManagement",
    "profileAssociation",
    "instanceProfile",
    "rolePermissions",
    "callerPermissions",
    "vpc",
    "vpcDns",
    "dhcpOptions",
    "subnets",
    "routeTables",
    "gateways",
    "networkAcls",
    "securityGroups",
    "vpcEndpoints",
    "preferences",
    "sessions",
    "regionStatus",
  ] as const;
  const facts = Object.fromEntries(ids.map((id) => [id, denied(`x:${id}`)]));
  const { report, exitCode } = await madeDiagnosis({ facts });
  assert.equal(exitCode, 4);
  for (const { id, status, findings } of report.checks) {
    for (const finding of findings.filter(({ status }) => status === "unknown")) {
      assert.ok(finding.needs.length > 0, `${id} ${finding.code}`);
    }
    assert.notEqual(status, "critical", id);
  }
  // What needs no permission: this computer, who we are, and the sessions that we count ourselves.
  const fine = report.checks.filter(({ status }) => status === "ok").map(({ id }) => id);
  assert.deepEqual(fine, [
    "local_port_availability",
    "credentials",
    "clock_skew",
    "session_limits",
    "local_prerequisites",
  ]);
});

Deno.test("ST-5 the events of a run, put together, are its report", async () => {
  const events: RunEvent[] = [];
  const { report } = await madeDiagnosis({
    facts: {
      connection: known("notconnected"),
      securityGroups: denied("ec2:DescribeSecurityGroups"),
    },
    request: { onEvent: (event) => events.push(event) },
  });
  const ids = report.checks.map(({ id }) => id);
  const [first] = events;
  assert.deepEqual(first?.type === "run_started" && first.checks, ids);
  const started = events.flatMap((event) => event.type === "check_started" ? [event.check] : []);
  const finished = events.flatMap((event) =>
    event.type === "check_finished" ? [event.result.id] : []
  );
  assert.deepEqual(finished.toSorted(), ids.toSorted(), "each ends once");
  assert.deepEqual(started.filter((id) => !ids.includes(id)), []);
  const last = events.at(-1)!;
  assert.ok(last.type === "correlated");
  assert.deepEqual(
    last.results.map(({ id, status, findings }) => [id, status, findings.map(({ id }) => id)]),
    report.checks.map(({ id, status, findings }) => [id, status, findings.map(({ id }) => id)]),
  );
});

Deno.test("who looked everywhere is not told to look for the cause", async () => {
  const facts = {
    connection: known("notconnected" as const),
    node: known({ ...HEALTHY.node, pingStatus: "connectionlost" }),
  };
  const advice =
    `Find the cause: ec2-connect diagnose full ${healthyParameters().instanceId} --region us-east-1`;
  const parameters = { isRegionExplicit: true };
  const adviceIn = async (checks?: DiagnosisRequest["checks"]) => {
    const request = checks === undefined ? {} : { checks };
    const { report } = await madeDiagnosis({ facts, parameters, request });
    const agent = report.checks.find(({ id }) => id === "ssm_agent")!;
    const steps = [
      ...report.root_causes.flatMap(({ remediation }) => remediation),
      ...agent.findings.flatMap(({ remediation }) => remediation),
    ];
    assert.ok(steps.length > 1, "something else can be done");
    return steps.filter((step) => step === advice).length;
  };
  assert.equal(await adviceIn(), 0);
  assert.equal(await adviceIn(["ssm_agent"]), 2);
});
