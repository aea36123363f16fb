import assert from "node:assert/strict";
import { FactCache } from "../../../src/diagnostics/cache/fact_cache.ts";
import { FactFiles } from "../../../src/diagnostics/cache/fact_files.ts";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import { systemClock } from "../../../src/platform/mod.ts";
import { HEALTHY, healthyParameters } from "../../support/facts.ts";
import { madeDiagnosis, type MadeOptions } from "../../support/made_diagnosis.ts";

type Run = (options?: MadeOptions & { atMs?: number }) => ReturnType<typeof madeDiagnosis>;

function test(name: string, body: (run: Run) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    const startMs = Date.now();
    try {
      await body(async ({ atMs = 0, ...options } = {}) => {
        const clock = { ...systemClock, epochMs: () => startMs + atMs };
        const memory = new FactCache(new FactFiles(folder, (message) => assert.fail(message)), {
          clock,
          parameters: healthyParameters(options.parameters),
          clearsFirst: false,
        });
        return await madeDiagnosis({ ...options, clock, memory });
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

const closed = {
  securityGroups: known(
    HEALTHY.securityGroups.map((group, index) => index === 0 ? { ...group, egress: [] } : group),
  ),
  connection: known("notconnected"),
};

test("CA-2 a fact is read again when its time is over", async (run) => {
  assert.ok((await run()).reads.includes("securityGroups"));
  assert.ok(!(await run({ atMs: 20_000 })).reads.includes("securityGroups"));
  const later = await run({ atMs: 6 * 60_000 });
  assert.ok(later.reads.includes("securityGroups"));
  assert.ok(!later.reads.includes("endpointServices"), "good for a day");
});

test("CA-3 another caller, account, Region or endpoint remembers nothing of it", async (run) => {
  await run();
  const others: MadeOptions[] = [
    {
      facts: {
        identity: known({ ...HEALTHY.identity, arn: "arn:aws:iam::123456789012:user/bob" }),
      },
    },
    { facts: { identity: known({ ...HEALTHY.identity, accountId: "210987654321" }) } },
    { parameters: { region: "eu-west-1" } },
    { parameters: { endpointOverride: "http://127.0.0.1:1" } },
  ];
  for (const other of others) assert.ok((await run(other)).reads.includes("vpcEndpoints"));
});

test("CA-6 a critical that rests on memory is read anew before it is told", async (run) => {
  const first = await run({ facts: closed });
  assert.equal(first.report.checks.find(({ id }) => id === "security_groups")!.status, "critical");
  const { report } = await run({ atMs: 1_000 });
  const groups = report.checks.find(({ id }) => id === "security_groups")!;
  assert.equal(groups.status, "ok");
  assert.equal(groups.cache.revalidated, true);
});

test("CA-7 a refusal is not remembered", async (run) => {
  await run({ facts: { vpcEndpoints: denied("ec2:DescribeVpcEndpoints") } });
  const { report, reads } = await run({ atMs: 1_000 });
  assert.ok(reads.includes("vpcEndpoints"));
  assert.equal(report.checks.find(({ id }) => id === "vpc_endpoints")!.status, "ok");
});

test("CA-8 two runs at once leave no torn file", async (run) => {
  await Promise.all([run(), run(), run()]);
  const { report } = await run({ atMs: 1_000 });
  assert.ok(report.cache.hits > 10);
  assert.equal(report.summary.overall, "ok");
});
