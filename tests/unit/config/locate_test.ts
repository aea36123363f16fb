import assert from "node:assert/strict";
import type { ConfigFormat } from "../../../src/config/find.ts";
import { locateSettings } from "../../../src/config/locate.ts";
import type { SettingPath } from "../../../src/config/shape.ts";

const JSON_TEXT = '{\n  "aws": {\n    "default_region": "eu-west-1",\n    "profile": "x"\n  }\n}\n';
const TOML_TEXT =
  '# mine\n[aws]\ndefault_region = "eu-west-1"\n\n[session.reconnection]\nmax_attempts = 3\n';
const YAML_TEXT =
  "aws:\n  # near\n  default_region: eu-west-1\nsession:\n  reconnection: {max_attempts: 3}\n";
const LISTS = {
  json: '{"connections": {"db": {"forwards": [\n {"local_port": 1},\n {"local_port": 2}]}}}',
  yaml: "connections:\n  db:\n    forwards:\n      - local_port: 1\n      - local_port: 2\n",
  toml: "[[connections.db.forwards]]\nlocal_port = 1\n\n[[connections.db.forwards]]\n" +
    'bind = """\nlocal_port = 3\n"""\nlocal_port = 2\n[connections."a b"]\ninstance = 1\n',
};

Deno.test("locateSettings() finds the line of a setting, else of the table around it", async () => {
  const second: SettingPath = ["connections", "db", "forwards", 1, "local_port"];
  const cases: [string, ConfigFormat, SettingPath, number | undefined][] = [
    [JSON_TEXT, "json", ["aws", "default_region"], 3],
    [JSON_TEXT, "json", ["aws", "connection_timeout"], 2],
    [JSON_TEXT, "json", ["session"], undefined],
    [TOML_TEXT, "toml", ["aws", "default_region"], 3],
    [TOML_TEXT, "toml", ["session", "reconnection", "max_attempts"], 6],
    [TOML_TEXT, "toml", ["session", "reconnection", "base_delay_ms"], 5],
    [TOML_TEXT, "toml", ["logging"], undefined],
    ["aws.default_region = 1\n", "toml", ["aws", "default_region"], 1],
    [YAML_TEXT, "yaml", ["aws", "default_region"], 3],
    [YAML_TEXT, "yaml", ["session", "reconnection", "max_attempts"], 5],
    [LISTS.json, "json", second, 3],
    [LISTS.yaml, "yaml", second, 5],
    [LISTS.toml, "toml", second, 8],
    [LISTS.toml, "toml", ["connections", "db", "forwards", 1, "remote_port"], 4],
    [LISTS.toml, "toml", ["connections", "a b", "instance"], 10],
    ["\uFEFF[aws]\nprofile = 1\n", "toml", ["aws"], 1],
    ["{", "json", ["aws"], undefined],
  ];
  for (const [text, format, path, wanted] of cases) {
    const locate = await locateSettings(text, format);
    assert.equal(locate(path), wanted, `${format} ${path}`);
  }
});
