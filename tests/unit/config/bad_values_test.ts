/**
 * Every setting of the schema, made wrong in every way that its type and range allow, in a file of each
 * format and by its environment variables.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { stringify as toToml } from "smol-toml";
import { stringify as toYaml } from "yaml";
import { listSettings } from "../../../src/config/environment.ts";
import { loadConfig } from "../../../src/config/mod.ts";
import { configShape, type JsonSchema, settingName } from "../../../src/config/shape.ts";
import { nested, type Table, withValue } from "../../../src/config/tables.ts";
import { refusal } from "../../support/fake_io.ts";

interface Leaf {
  /** `NAME` stands for a preset, 0 for the first of a list. */
  path: (string | number)[];
  shape: JsonSchema;
}

/** Everything that holds a value, presets and groups included. */
function leaves(shape: JsonSchema, path: (string | number)[] = []): Leaf[] {
  const inner = [
    ...Object.entries(shape.properties ?? {}).map(([name, child]) => [name, child] as const),
    ...(shape.additionalProperties ? [["NAME", shape.additionalProperties] as const] : []),
    ...(shape.items === undefined ? [] : [[0, shape.items] as const]),
  ];
  const own = inner.length === 0 || shape.items !== undefined ? [{ path, shape }] : [];
  return [...own, ...inner.flatMap(([name, child]) => leaves(child, [...path, name]))];
}

/** Values that a setting of this shape must not take. */
function wrongValues(
  { type, enum: words, minimum, maximum, exclusiveMinimum, maxLength }: JsonSchema,
) {
  const values: unknown[] = [["x"], { a: 1 }];
  switch (type) {
    case "boolean":
      return [...values, "true", 1, 0, ""];
    case "string":
      if (words !== undefined) return [...values, 1, true, "", "zzz", words[0]!.toUpperCase()];
      return [...values, 1, true, "", " ", ...maxLength ? ["x".repeat(maxLength + 1)] : []];
    case "array":
      return [{ a: 1 }, "x", 1, true, []];
    case "integer":
      return [...values, "5", true, 1.5, minimum! - 1, maximum! + 1];
    default:
      return [
        ...values,
        "5",
        true,
        exclusiveMinimum!,
        -1,
        ...maximum === undefined ? [] : [maximum + 0.5],
      ];
  }
}

/** The file that has only this value, with all that it needs around it. */
function fileWith(path: (string | number)[], value: unknown): Table {
  const inList = path.findIndex((name) => typeof name === "number");
  const names = (inList < 0 ? path : path.slice(0, inList)) as string[];
  const inner = inList < 0
    ? value
    : [inList === path.length - 1 ? value : nested(path.slice(inList + 1) as string[], value)];
  const table = nested(names, inner);
  const isPreset = path[0] === "connections" && path[2] !== "instance";
  return isPreset ? withValue(table, ["connections", "NAME", "instance"], "web") : table;
}

const WRITERS = {
  json: (table: Table) => JSON.stringify(table),
  toml: (table: Table) => toToml(table),
  yaml: (table: Table) => toYaml(table),
};

Deno.test("every setting refuses every wrong type and range, by file, in three formats", async () => {
  const folder = await Deno.makeTempDir();
  try {
    let count = 0;
    for (const { path, shape } of leaves(configShape())) {
      for (const value of wrongValues(shape)) {
        for (const [format, write] of Object.entries(WRITERS)) {
          const file = join(folder, `config.${format}`);
          await Deno.writeTextFile(file, write(fileWith(path, value)));
          const about = `${settingName(path)} = ${JSON.stringify(value)} in ${format}`;
          const error = await refusal(() => loadConfig({ os: "linux", env: {}, path: file }))
            .catch((error) => assert.fail(`${about}: ${error}`));
          assert.equal(error.exitCode, 2, about);
          const place = `Invalid configuration file ${file}, line `;
          assert.ok(error.message.startsWith(place), `${about}: ${error.message}`);
          const setting = settingName(path);
          assert.ok(error.message.includes(setting), `${about}: ${error.message}`);
          assert.match(error.why ?? "", /^Wanted \S/, about);
          count++;
        }
      }
    }
    assert.ok(count > 600, `${count} cases`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Texts that a variable of this shape must not take. Every text is a string, so that has only ranges. */
function wrongTexts(
  { type, enum: words, minimum, maximum, exclusiveMinimum }: JsonSchema,
): string[] {
  if (words !== undefined) return ["zzz", words[0]!.toUpperCase(), "1"];
  switch (type) {
    case "boolean":
      return ["maybe", "2", "yes please", "-"];
    case "integer":
      return ["x", "1.5", "1e2", "0x10", "1,000", "NaN", `${minimum! - 1}`, `${maximum! + 1}`];
    case "number":
      return [
        "x",
        "1e2",
        "Infinity",
        "1 000",
        `${exclusiveMinimum!}`,
        "-1",
        ...maximum === undefined ? [] : [`${maximum + 0.5}`],
      ];
    default:
      return [" "];
  }
}

Deno.test("every setting refuses every wrong type and range by its variables", async () => {
  const shapes = new Map(leaves(configShape()).map(({ path, shape }) => [path.join("."), shape]));
  for (const { path, variables } of listSettings()) {
    const shape = shapes.get(path.join("."))!;
    for (const variable of variables) {
      for (const text of wrongTexts(shape)) {
        const about = `${variable}=${text}`;
        const error = await refusal(() => loadConfig({ os: "linux", env: { [variable]: text } }))
          .catch((error) => assert.fail(`${about}: ${error}`));
        assert.equal(error.exitCode, 2, about);
        const start = `Invalid environment variable ${variable}: found `;
        assert.ok(error.message.startsWith(start), `${about}: ${error.message}`);
        assert.match(error.why ?? "", /^Wanted \S/, about);
      }
    }
  }
});

Deno.test("a wrong value is told in words, with the way out where there is one", async () => {
  const cases: [file: string, text: string, message: RegExp, why: RegExp, hint: RegExp][] = [
    [
      "a.json",
      '{\n "aws": {"expected_account_id": 123456789012}}',
      /a\.json, line 2: aws\.expected_account_id is 123456789012$/,
      /^Wanted a text of 12 digits$/,
      /^Write it in quotes$/,
    ],
    [
      "a.toml",
      '[aws]\nexpected_account_id = "12"\n',
      /line 2: aws\.expected_account_id is "12"$/,
      /^Wanted a text of 12 digits$/,
      /^$/,
    ],
    [
      "a.toml",
      '[session]\nmax_sessions_per_instance = "3"\n',
      /line 2: session\.max_sessions_per_instance is "3"$/,
      /^Wanted a whole number from 1 to 1000$/,
      /^Write it without quotes$/,
    ],
    [
      "a.yaml",
      "resources:\n  low_power_mode: True\n  max_cpu_percent: .inf\n",
      /line 3: resources\.max_cpu_percent is Infinity$/,
      /^Wanted a number above 0, at most 100$/,
      /^$/,
    ],
    [
      "a.toml",
      "logging.level = 2026-01-01\n",
      /line 1: logging\.level is a date$/,
      /^Wanted error, warning, info, debug or trace$/,
      /^$/,
    ],
    [
      "a.yaml",
      "logging:\n  level: warn\n",
      /line 2: logging\.level is "warn"$/,
      /^Wanted error, warning, info, debug or trace$/,
      /^Did you mean warning\?$/,
    ],
    [
      "a.yaml",
      'session:\n  reconnection:\n    enabled: "False"\n',
      /line 3: session\.reconnection\.enabled is "False"$/,
      /^Wanted true or false$/,
      /^Write it without quotes, in small letters$/,
    ],
    [
      "a.json",
      '{"connections": {\n"db": {"local_port": 1}}}',
      /line 2: connections\.db\.instance is missing$/,
      /^Wanted a text that is not empty$/,
      /^$/,
    ],
    [
      "a.toml",
      '[connections."my db"]\ninstance = "web"\n',
      /line 1: connections\."my db" has a name that cannot be typed$/,
      /^Wanted a name of letters, digits, dots, underscores and hyphens$/,
      /^$/,
    ],
    [
      "a.toml",
      '[connections.db]\ninstance = "web"\n[[connections.db.forwards]]\nbind = "::1"\n' +
      '[[connections.db.forwards]]\nbind = "300.0.0.1"\n',
      /line 6: connections\.db\.forwards\[1\]\.bind is "300\.0\.0\.1"$/,
      /^Wanted an IP address of this machine, such as 127\.0\.0\.1 or ::1$/,
      /^$/,
    ],
    [
      "a.yaml",
      "connections:\n  db:\n    instance: web\n    local_port: 1\n    forwards: [{local_port: 2}]\n",
      /line 4: connections\.db\.local_port is 1$/,
      /^Wanted nothing beside forwards: both say where to forward$/,
      /^$/,
    ],
    [
      "a.json",
      `{"aws": {"profile": ${JSON.stringify(["x".repeat(99)])}, "default_region": 7}}`,
      /aws\.profile is a list$|aws\.default_region is 7$/,
      /^Wanted a text that is not empty$/,
      /^(?:Write it in quotes\. )?Run ec2-connect config validate for all that is wrong$/,
    ],
  ];
  for (const [name, text, message, why, hint] of cases) {
    const folder = await Deno.makeTempDir();
    try {
      const path = join(folder, name);
      await Deno.writeTextFile(path, text);
      const error = await refusal(() => loadConfig({ os: "linux", env: {}, path }));
      assert.match(error.message, message);
      assert.match(error.why ?? "", why, text);
      assert.match(error.hint ?? "", hint, text);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
});
