/**
 * `sandbox --list`: what can be wrong with its instances, and what a diagnosis should say of it.
 *
 * @module
 */
import type { Reporter } from "../reporter.ts";
import { tableLines } from "../table.ts";

/** What a diagnosis should name. */
interface Cause {
  check: string;
  code: string;
  status: string;
  /** What the diagnosis must be asked for, to see it. */
  flags?: readonly string[];
}

export interface ListedScenario {
  name: string;
  about: string;
  /** Undefined where nothing is wrong. */
  expected: Cause | undefined;
  also: readonly Cause[];
  isAlone: boolean;
  /** Names of its instances. */
  instances: readonly string[];
}

/** @returns 0: there is nothing that could fail. */
export function showScenarios(scenarios: readonly ListedScenario[], reporter: Reporter): number {
  if (reporter.format === "json") reporter.jsonResult({ scenarios: scenarios.map(json) });
  else for (const line of lines(scenarios)) reporter.result(line);
  return 0;
}

function json(scenario: ListedScenario): Record<string, unknown> {
  const { name, about, instances, isAlone, expected, also } = scenario;
  return {
    name,
    about,
    instances,
    alone: isAlone,
    expected: expected === undefined ? null : cause(expected),
    also: also.map(cause),
  };
}

function cause({ check, code, status, flags = [] }: Cause): Record<string, unknown> {
  return { check, code, status, flags };
}

const COLUMNS = ["SCENARIO", "FIRST CAUSE", "WHAT IS RIGHT OR WRONG"].map((title) => ({ title }));

function lines(scenarios: readonly ListedScenario[]): string[] {
  const rows = scenarios.map(({ name, isAlone, expected, about }) => [
    isAlone ? `${name} *` : name,
    expected === undefined ? "-" : `${expected.check}/${expected.code}`,
    about,
  ]);
  return [
    ...tableLines(COLUMNS, rows, undefined),
    "",
    "* changes what all instances share: served only with --scenario",
  ];
}
