import assert from "node:assert/strict";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { renderResult, writeResult, writeResultEvent } from "../../../src/cli/result.ts";
import { Reporter } from "../../../src/cli/reporter.ts";
import type { OutputFormat } from "../../../src/cli/errors.ts";
import { FakeIo } from "../../support/fake_io.ts";

const RESULT = {
  schema: "things",
  value: {
    things: [{ name: "yes", account_id: "012345678901", at: null, octal: "0o7", size_bytes: 3 }],
  },
  text: () => ["NAME", "yes"],
};

function reporterOf(format: OutputFormat) {
  const io = new FakeIo();
  return { io, reporter: new Reporter(io, { format, level: "info", colour: false }) };
}

Deno.test("a result is the same tree in JSON and YAML, under its schema's name", async () => {
  const wanted = { schema: "ec2-connect/things/v1", ...RESULT.value };
  assert.deepEqual(JSON.parse((await renderResult(RESULT, "json")).join("\n")), wanted);
  const yaml = (await renderResult(RESULT, "yaml")).join("\n");
  assert.deepEqual(parseYaml(yaml), wanted);
  // Readers of YAML 1.1 take more words for booleans and numbers.
  assert.deepEqual(parseYaml(yaml, { version: "1.1" }), wanted);
  assert.deepEqual(await renderResult(RESULT, "text"), ["NAME", "yes"]);
});

Deno.test("a result that names its own schema gets no other", async () => {
  const own = { ...RESULT, schema: undefined, value: { schema_version: "1.0" } };
  assert.deepEqual(await renderResult(own, "json"), ["{", '  "schema_version": "1.0"', "}"]);
});

Deno.test("writeResult() writes to standard output, or to a file alone", async () => {
  const { io, reporter } = reporterOf("text");
  await writeResult(RESULT, { reporter });
  assert.equal(await io.stdout(), "NAME\nyes\n");
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "結果.txt");
    const second = reporterOf("text");
    await writeResult(RESULT, { reporter: second.reporter }, path);
    assert.equal(await second.io.stdout(), "");
    assert.equal(await second.io.stderr(), `Written to ${path}\n`);
    assert.equal(await Deno.readTextFile(path), "NAME\nyes\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeResultEvent() takes a line of JSON, a document of YAML", async () => {
  const json = reporterOf("json");
  await writeResultEvent(RESULT, json);
  await writeResultEvent(RESULT, json);
  const lines = (await json.io.stdout()).trimEnd().split("\n");
  assert.equal(lines.length, 2);
  assert.equal(JSON.parse(lines[1]!).schema, "ec2-connect/things/v1");
  const yaml = reporterOf("yaml");
  await writeResultEvent(RESULT, yaml);
  assert.match(await yaml.io.stdout(), /^---\nschema: "ec2-connect/);
});
