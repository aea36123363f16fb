import assert from "node:assert/strict";
import { type ConfigFormat, formatOfFile } from "../../../src/config/find.ts";
import { parseConfigText, SyntaxProblem } from "../../../src/config/formats.ts";

const JSON_TEXT = '{\n  "aws": {\n    "default_region": "eu-west-1",\n    "profile": "x"\n  }\n}\n';
const TOML_TEXT =
  '# mine\n[aws]\ndefault_region = "eu-west-1"\n\n[session.reconnection]\nmax_attempts = 3\n';
const YAML_TEXT =
  "aws:\n  # near\n  default_region: eu-west-1\nsession:\n  reconnection: {max_attempts: 3}\n";

Deno.test("formatOfFile() goes by the ending", () => {
  const cases: [string, ConfigFormat | undefined][] = [
    ["/a/config.json", "json"],
    ["c.TOML", "toml"],
    ["c.yaml", "yaml"],
    ["c.yml", "yaml"],
    ["c.ini", undefined],
    ["config", undefined],
  ];
  for (const [path, wanted] of cases) assert.equal(formatOfFile(path), wanted, path);
});

Deno.test("parseConfigText() reads all three languages to the same value", async () => {
  assert.deepEqual(await parseConfigText(JSON_TEXT, "json"), {
    aws: { default_region: "eu-west-1", profile: "x" },
  });
  const other = {
    aws: { default_region: "eu-west-1" },
    session: { reconnection: { max_attempts: 3 } },
  };
  // The parser's tables have no prototype, which is no difference that counts.
  assert.deepEqual(structuredClone(await parseConfigText(TOML_TEXT, "toml")), other);
  assert.deepEqual(await parseConfigText(YAML_TEXT, "yaml"), other);
  for (const format of ["json", "toml", "yaml"] as const) {
    assert.deepEqual(await parseConfigText(" \n", format), {}, format);
  }
  assert.deepEqual(await parseConfigText("\uFEFF{}", "json"), {}, "byte order mark");
});

Deno.test("parseConfigText() names the line of a mistake", async () => {
  const cases: [string, ConfigFormat, number][] = [
    ['{\n "a": x\n}', "json", 2],
    ['{\n "a": 1,\n}', "json", 3],
    ['{\n "a": ', "json", 2],
    ["a = 1\nb = = 2\n", "toml", 2],
    ["a: 1\nb: [1, 2\n", "yaml", 3],
    ["a: 1\na: 2\n", "yaml", 2],
    ["a = 1\na = 2\n", "toml", 2],
    ['{"a": {"b": 1},\n "c": [{"x\\"": 1},\n {"b": 1, "b": 2}]}', "json", 3],
    ['{"a": 1, "x": "a\\":",\n "\\u0061": 2}', "json", 2],
  ];
  for (const [text, format, line] of cases) {
    await assert.rejects(parseConfigText(text, format), (error) => {
      assert.ok(error instanceof SyntaxProblem, format);
      assert.equal(error.line, line, text);
      assert.match(error.message, /^\w[^\n]+$/, text);
      return true;
    });
  }
});
