/**
 * Every scenario of the sandbox, diagnosed over its API: the first cause must be the seeded one, in
 * parallel and one call at a time.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Report } from "../../src/diagnostics/mod.ts";
import { listScenarios, type ScenarioSummary } from "../../src/sandbox/mod.ts";
import { diagnoseSandbox } from "../support/diagnose_sandbox.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";

const SEVERITY = ["critical", "high", "medium", "low", "info"];
const STATUS = ["critical", "unknown", "warning"];

/** `check/CODE` of what is to blame; where nothing is, of the worst that was seen; `-` for nothing. */
function firstCause({ root_causes, checks }: Report): string {
  const [id] = root_causes[0]?.finding_ids ?? [];
  if (id !== undefined) return id.replace(/#.*/, "").replace(".", "/");
  const [worst] = checks.flatMap(({ id, findings }) =>
    findings.filter(({ status }) => STATUS.includes(status)).map((finding) => ({ id, finding }))
  ).toSorted(({ finding: a }, { finding: b }) =>
    STATUS.indexOf(a.status) - STATUS.indexOf(b.status) ||
    SEVERITY.indexOf(a.severity) - SEVERITY.indexOf(b.severity)
  );
  return worst === undefined ? "-" : `${worst.id}/${worst.finding.code}`;
}

function expectedCause({ expected }: ScenarioSummary): string {
  return expected === undefined ? "-" : `${expected.check}/${expected.code}`;
}

async function diagnose(test: TestSandbox, scenario: ScenarioSummary, isParallel: boolean) {
  const { instanceId } = test.instance(scenario.name);
  const mode = [isParallel ? "--parallel" : "--no-parallel"];
  const flags = scenario.expected?.flags ?? [];
  return await diagnoseSandbox(test, ["full", "-i", instanceId, ...mode, ...flags]);
}

Deno.test("PA-1 XX-5 every scenario: the first cause is the seeded one, parallel or not", async () => {
  await using shared = await openSandbox();
  const rows: string[] = [];
  const wrong: string[] = [];
  for (const scenario of listScenarios()) {
    await using own = scenario.isAlone ? await openSandbox({ scenario: scenario.name }) : undefined;
    const expected = expectedCause(scenario);
    const found: string[] = [];
    for (const isParallel of [true, false]) {
      const { report } = await diagnose(own ?? shared, scenario, isParallel);
      found.push(firstCause(report));
      if (expected === "-" && !["ok", "skipped"].includes(report.summary.overall)) {
        wrong.push(`${scenario.name}: overall ${report.summary.overall}, nothing is wrong with it`);
      }
    }
    rows.push(`| \`${scenario.name}\` | ${code(expected)} | ${code(found[0]!)} |`);
    if (found.some((cause) => cause !== expected)) {
      wrong.push(`${scenario.name}: expected ${expected}, found ${found.join(" and ")}`);
    }
  }
  // deno-lint-ignore no-console -- the table is for whoever runs this
  console.log(rows.join("\n"));
  assert.deepEqual(wrong, []);
  const document = await Deno.readTextFile(
    new URL("../../docs/TROUBLESHOOTING.md", import.meta.url),
  );
  const documented = document.split("\n").filter((line) => /^\| `[\w-]+` \| (?:`|-)/.test(line));
  assert.deepEqual(documented, rows);
});

function code(cause: string): string {
  return cause === "-" ? cause : `\`${cause}\``;
}
