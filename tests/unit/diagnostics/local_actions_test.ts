import assert from "node:assert/strict";
import { localActions, systemActions } from "../../../src/diagnostics/fixes/local_actions.ts";
import { planFixes } from "../../../src/diagnostics/fixes/plan.ts";
import { healthyFacts, healthyParameters, readerOf } from "../../support/facts.ts";
import { apply, approve, blindLook, planFor, RUN_ID, states } from "./_fixes.ts";
import { known } from "../../../src/diagnostics/facts/fact.ts";
import { HEALTHY } from "../../support/facts.ts";

const act = localActions(systemActions(() => Promise.resolve(1)));

Deno.test("a mode is set and taken back", { ignore: Deno.build.os === "windows" }, async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.chmod(path, 0o666);
    const localTools = known({
      ...HEALTHY.localTools,
      sshConfig: { ...HEALTHY.localTools.sshConfig, path, mode: 0o666 },
    });
    const plan = await planFor("fix_local_permissions", [], { localTools });
    const done = await apply([plan], approve("fix_local_permissions"), { parts: { act } });
    assert.deepEqual(states(done), ["fix_local_permissions verified"]);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const [undo] = done.results[0]!.rollback;
    await act(undo!.action, undo!.params);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o666);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a port above the taken one is found", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = await act("pick_port", { above: taken.addr.port });
  using _free = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
  assert.notEqual(port, taken.addr.port);
});

Deno.test("remembered facts are forgotten when that is asked for, and only then", async () => {
  const factFolder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${factFolder}/x.json`, "{");
  const plansFor = async (requested: string[]) =>
    await planFixes({ results: [], causes: [] }, {
      facts: readerOf(healthyFacts()),
      parameters: healthyParameters(),
      look: blindLook,
      options: { instanceProfile: undefined, requested, factFolder },
      runId: RUN_ID,
    });
  assert.deepEqual(await plansFor([]), []);
  const plans = await plansFor(["clear_diag_cache"]);
  const parts = { act, replan: () => Promise.resolve(plans[0]) };
  const done = await apply(plans, approve("clear_diag_cache"), { parts });
  assert.deepEqual(states(done), ["clear_diag_cache verified"]);
  await assert.rejects(Deno.stat(factFolder), Deno.errors.NotFound);
  // Gone already is as good.
  assert.deepEqual(await act("remove_folder", { path: factFolder }), {});
});

Deno.test("a program that fails is a failure with its status", async () => {
  await assert.rejects(act("run", { command: ["aws", "sso", "login"] }), {
    kind: "auth",
    message: "aws sso login ended with status 1",
  });
});
