import assert from "node:assert/strict";
import { type ListedScenario, showScenarios } from "../../../src/cli/sandbox/list.ts";
import { fakeContext, FakeIo } from "../../support/fake_io.ts";

const SCENARIOS: ListedScenario[] = [
  {
    name: "healthy",
    about: "nothing is wrong",
    expected: undefined,
    also: [],
    isAlone: false,
    instances: ["web-1"],
  },
  {
    name: "two",
    about: "two things are wrong",
    expected: { check: "instance_state", code: "INSTANCE_STOPPED", status: "critical" },
    also: [{ check: "routing", code: "ROUTE_PARTIAL", status: "warning", flags: ["--x", "y"] }],
    isAlone: true,
    instances: ["two-1"],
  },
];

Deno.test("sandbox --list: name, first cause, one line; those that are served alone are marked", async () => {
  const io = new FakeIo();
  using context = fakeContext(io);
  assert.equal(showScenarios(SCENARIOS, context.reporter), 0);
  assert.equal(
    await io.stdout(),
    `SCENARIO  FIRST CAUSE                      WHAT IS RIGHT OR WRONG
healthy   -                                nothing is wrong
two *     instance_state/INSTANCE_STOPPED  two things are wrong

* changes what all instances share: served only with --scenario
`,
  );
});

Deno.test("sandbox --list --format json: one object, nulls for what is not there", async () => {
  const io = new FakeIo();
  using context = fakeContext(io, { format: "json" });
  showScenarios(SCENARIOS, context.reporter);
  const [object] = await io.events();
  assert.deepEqual(object, {
    scenarios: [
      {
        name: "healthy",
        about: "nothing is wrong",
        instances: ["web-1"],
        alone: false,
        expected: null,
        also: [],
      },
      {
        name: "two",
        about: "two things are wrong",
        instances: ["two-1"],
        alone: true,
        expected: {
          check: "instance_state",
          code: "INSTANCE_STOPPED",
          status: "critical",
          flags: [],
        },
        also: [{
          check: "routing",
          code: "ROUTE_PARTIAL",
          status: "warning",
          flags: ["--x", "y"],
        }],
      },
    ],
  });
});
