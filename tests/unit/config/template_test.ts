import assert from "node:assert/strict";
import { DEFAULT_CONFIG } from "../../../src/config/mod.ts";
import { checkSettings } from "../../../src/config/check.ts";
import type { ConfigFormat } from "../../../src/config/find.ts";
import { parseConfigText } from "../../../src/config/formats.ts";
import { listSettings } from "../../../src/config/environment.ts";
import type { Table } from "../../../src/config/tables.ts";
import { valueAt } from "../../../src/config/tables.ts";
import { configTemplate } from "../../../src/config/template.ts";

async function check(text: string, format: ConfigFormat) {
  const source = { path: `config.${format}`, format, text };
  const table = await parseConfigText(text, format) as Table;
  return await checkSettings(table, { source, overrides: [] });
}

Deno.test("the template of each format is the defaults, every one written out", async () => {
  for (const format of ["json", "toml", "yaml"] as const) {
    const text = await configTemplate(format);
    const { config, problems } = await check(text, format);
    assert.deepEqual(problems, [], format);
    assert.deepEqual(config, DEFAULT_CONFIG, format);
    const table = await parseConfigText(text, format);
    for (const { path } of listSettings()) {
      assert.equal(valueAt(table, path), valueAt(DEFAULT_CONFIG, path), `${format} ${path}`);
    }
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  }
});

Deno.test("what the template shows in comments is valid when the mark is taken off", async () => {
  // Lines that would set something; the others say what it is.
  const unmark = {
    toml: (text: string) => text.replace(/^# (?=\[[\w.]+\]$|[\w]+ = )/gm, ""),
    yaml: (text: string) => text.replace(/^( *)# (?= *(?:\w+:|- \w+$))/gm, "$1"),
  };
  for (const format of ["toml", "yaml"] as const) {
    const text = unmark[format](await configTemplate(format));
    const { config, problems } = await check(text, format);
    assert.deepEqual(problems, [], text);
    assert.equal(config?.aws.profile, "work");
    assert.deepEqual(config?.diagnostics.checks, { local_prerequisites: false });
    assert.deepEqual(Object.keys(config?.connections ?? {}), ["web", "db"]);
    assert.deepEqual(config?.groups, { everything: ["web", "db"] });
    // Every setting is shown, be it with a default or as an example.
    for (const { path } of listSettings()) {
      assert.notEqual(valueAt(config, path), undefined, `${format} ${path}`);
    }
  }
});
