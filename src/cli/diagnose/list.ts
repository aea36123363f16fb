/**
 * `diagnose list`: the catalogue, from the checks themselves. Calls nothing.
 *
 * @module
 */

import { type CheckDefinition, CHECKS } from "../../diagnostics/mod.ts";
import { type Context, loadSettings } from "../context.ts";
import { type Result, writeResult } from "../result.ts";
import { disabledChecks } from "./items.ts";

export interface ListOptions {
  showsPolicy: boolean;
  output: string | undefined;
}

/** @returns 0 */
export async function runList(options: ListOptions, context: Context): Promise<number> {
  const settings = await loadSettings(context);
  const disabled = disabledChecks(settings.config.diagnostics.checks, settings.file);
  const enabled = CHECKS.filter(({ id }) => !disabled.has(id));
  const result = options.showsPolicy ? policyResult(enabled) : catalogue((id) => !disabled.has(id));
  await writeResult(result, context, options.output);
  return 0;
}

function catalogue(isEnabled: (id: CheckDefinition["id"]) => boolean): Result {
  const idColumns = Math.max(...CHECKS.map(({ id }) => id.length));
  return {
    schema: "checks",
    value: {
      checks: CHECKS.map((check) => ({
        id: check.id,
        title: check.title,
        category: check.category,
        seed_item: check.isSeedItem,
        question: check.primaryQuestion,
        enabled: isEnabled(check.id),
        needs: [...check.actions],
      })),
    },
    text: () =>
      CHECKS.map((check) =>
        [
          isEnabled(check.id) ? "enabled " : "disabled",
          check.id.padEnd(idColumns),
          check.category.padEnd("credentials".length),
          check.primaryQuestion,
        ].join("  ")
      ),
  };
}

/** The smallest policy that lets every enabled check see what it looks at. */
function policyResult(checks: readonly CheckDefinition[]): Result {
  const actions = [...new Set(checks.flatMap(({ actions }) => actions))].sort();
  const policy = {
    Version: "2012-10-17",
    Statement: [{
      Sid: "Ec2ConnectDiagnose",
      Effect: "Allow",
      Action: actions,
      Resource: "*",
    }],
  };
  return {
    schema: undefined,
    value: policy,
    text: () => JSON.stringify(policy, null, 2).split("\n"),
  };
}
