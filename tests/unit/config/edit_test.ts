import assert from "node:assert/strict";
import { editConfigText, type SettingEdit } from "../../../src/config/edit.ts";
import type { ConfigFormat } from "../../../src/config/find.ts";
import { refusal } from "../../support/fake_io.ts";

const edit = (text: string, format: ConfigFormat, ...edits: SettingEdit[]) =>
  editConfigText(text, { file: `config.${format}`, format, edits });

const DB: SettingEdit = {
  path: ["connections", "db"],
  value: { instance: "web 1", remote_port: 5432 },
};

const lines = (...text: string[]) => text.join("\n") + "\n";

Deno.test("a preset is added to a file of each format, and nothing else changes", async () => {
  assert.equal(
    await edit('{"aws":   {"profile": "x"},\n "groups": {}}\n', "json", DB),
    lines(
      '{"aws":   {"profile": "x"},',
      ' "groups": {},',
      ' "connections": {',
      '   "db": {',
      '     "instance": "web 1",',
      '     "remote_port": 5432',
      "   }",
      " }}",
    ),
  );
  assert.equal(
    await edit("# mine\naws = { profile = 'x' } # why\n", "toml", DB),
    lines(
      "# mine",
      "aws = { profile = 'x' } # why",
      "",
      "[connections.db]",
      'instance = "web 1"',
      "remote_port = 5432",
    ),
  );
  assert.equal(
    await edit("# mine\naws: {profile: x} # why", "yaml", DB),
    lines(
      "# mine",
      "aws: {profile: x} # why",
      "connections:",
      "  db:",
      "    instance: web 1",
      "    remote_port: 5432",
    ),
  );
});

Deno.test("JSON: a value is set where it is, and at the end of a table of one or of many lines", async () => {
  const text = lines(
    "{",
    '\t"diagnostics": {"parallel": true,  "format": "text"},',
    '\t"connections": {',
    '\t\t"web": {"instance": "w"}',
    "\t}",
    "}",
  );
  assert.equal(
    await edit(
      text,
      "json",
      { path: ["diagnostics", "parallel"], value: false },
      { path: ["diagnostics", "checks", "routing"], value: false },
      { path: ["connections", "db"], value: { instance: "d" } },
    ),
    lines(
      "{",
      '\t"diagnostics": {"parallel": false,  "format": "text", "checks": { "routing": false }},',
      '\t"connections": {',
      '\t\t"web": {"instance": "w"},',
      '\t\t"db": {',
      '\t\t\t"instance": "d"',
      "\t\t}",
      "\t}",
      "}",
    ),
  );
});

Deno.test("an empty file, and one of comments alone, take a preset", async () => {
  for (const text of ["", "\n", "  "]) {
    for (const format of ["json", "toml", "yaml"] as const) {
      assert.match(await edit(text, format, DB), /instance/);
    }
  }
  assert.match(await edit("# only this\n", "toml", DB), /^# only this\n\n\[connections\.db\]\n/);
  assert.match(await edit("# only this\n", "yaml", DB), /^# only this\nconnections:\n {2}db:\n/);
});

Deno.test("TOML: a preset is replaced with its sub-tables, comments and other tables stay", async () => {
  const text = lines(
    "# top",
    "[connections.db] # the old one",
    'instance = "old"',
    "  [[connections.db.forwards]]",
    "  local_port = 1",
    "",
    "# about web",
    "[connections.web]",
    'instance = "web" # stays',
    "",
    "# about groups",
    "[groups]",
    'all = ["db", "web"]',
  );
  assert.equal(
    await edit(text, "toml", DB),
    lines(
      "# top",
      "[connections.db]",
      'instance = "web 1"',
      "remote_port = 5432",
      "",
      "# about web",
      "[connections.web]",
      'instance = "web" # stays',
      "",
      "# about groups",
      "[groups]",
      'all = ["db", "web"]',
    ),
  );
  const api = { path: ["connections", "api"], value: { instance: "a" } };
  assert.match(
    await edit(text, "toml", api),
    /instance = "web" # stays\n\n\[connections\.api\]\ninstance = "a"\n\n# about groups\n/,
  );
});

Deno.test("TOML: presets written as keys and inline tables can be added to and replaced", async () => {
  const inline = '[connections]\n# first\ndb = { instance = "old" } # it\nweb.instance = "w"\n';
  const replaced = await edit(inline, "toml", DB);
  assert.equal(
    replaced,
    '[connections]\n# first\nweb.instance = "w"\n\n' +
      '[connections.db]\ninstance = "web 1"\nremote_port = 5432\n',
  );
  // An inline table can have no other table beside it: it is written anew as a whole.
  const whole = await edit('connections = { web = { instance = "w" } }\n', "toml", DB);
  assert.equal(
    whole,
    '[connections.web]\ninstance = "w"\n\n[connections.db]\ninstance = "web 1"\nremote_port = 5432\n',
  );
});

Deno.test("TOML: a single value keeps its place, its comment and the lines around it", async () => {
  const text = lines(
    "[diagnostics] # how",
    "parallel = true   # both # cores",
    "checks.routing = false",
    "",
    "# level",
    "[logging]",
    'level = """',
    'info"""',
  );
  const parallel = { path: ["diagnostics", "parallel"], value: false };
  const level = { path: ["logging", "level"], value: "debug" };
  const format = { path: ["diagnostics", "format"], value: "json" };
  const check = { path: ["diagnostics", "checks", "ssm_agent"], value: false };
  assert.equal(
    await edit(text, "toml", parallel, level, format, check),
    lines(
      "[diagnostics] # how",
      "parallel = false   # both # cores",
      'format = "json"',
      "",
      "[diagnostics.checks]",
      "routing = false",
      "ssm_agent = false",
      "",
      "# level",
      "[logging]",
      'level = "debug"',
    ),
  );
});

Deno.test("TOML: text of several lines is not taken for tables and keys", async () => {
  const text = '[connections.web]\ninstance = "w"\nreason = """\n[connections.db]\nx = 1\n"""\n';
  const after = await edit(text, "toml", DB);
  assert.ok(after.startsWith(text));
  assert.match(after, /\n\n\[connections\.db\]\ninstance = "web 1"\nremote_port = 5432\n$/);
});

Deno.test("YAML: a preset is replaced and added where presets are, comments stay", async () => {
  const text = lines(
    "connections:",
    "    # the first",
    "    db: # old",
    "        instance: old",
    "        forwards:",
    "            - local_port: 1",
    "",
    "    # about web",
    "    web: {instance: w} # it",
    "# about groups",
    "groups:",
    "  all: [db, web]",
  );
  assert.equal(
    await edit(text, "yaml", DB),
    lines(
      "connections:",
      "    # the first",
      "    db:",
      "      instance: web 1",
      "      remote_port: 5432",
      "",
      "    # about web",
      "    web: {instance: w} # it",
      "# about groups",
      "groups:",
      "  all: [db, web]",
    ),
  );
  const api = { path: ["connections", "api"], value: { instance: "a" } };
  assert.equal(
    await edit(text, "yaml", api),
    text.replace("# it\n", "# it\n    api:\n      instance: a\n"),
  );
});

Deno.test("YAML: tables in braces, and JSON as YAML, can be changed", async () => {
  assert.equal(
    await edit("connections: {web: {instance: w}} # all\naws: {}\n", "yaml", DB),
    'connections: {"web":{"instance":"w"},"db":{"instance":"web 1","remote_port":5432}} # all\n' +
      "aws: {}\n",
  );
  assert.equal(
    await edit('{"aws": {}}\n', "yaml", DB),
    '{"aws":{},"connections":{"db":{"instance":"web 1","remote_port":5432}}}\n',
  );
});

Deno.test("a name that is a word or a number of the format is written as a name", async () => {
  for (const name of ["true", "007", "1.5", "ünï.cödé", "null", "a-b"]) {
    for (const format of ["json", "toml", "yaml"] as const) {
      const first = await edit("", format, {
        path: ["connections", name],
        value: { instance: "a" },
      });
      const again = await edit(first, format, {
        path: ["connections", name],
        value: { instance: "b" },
      });
      // The same text but for the value: the entry was found again.
      assert.equal(again, first.replace(/\ba\b(?=["']?\s)/, "b"), `${name} in ${format}`);
    }
  }
});

Deno.test("line ends and the byte order mark stay as they are", async () => {
  const cases: [ConfigFormat, string][] = [
    ["json", '\uFEFF{\r\n  "aws": {}\r\n}\r\n'],
    ["toml", '\uFEFF[aws]\r\nprofile = "x"\r\n'],
    ["yaml", "\uFEFFaws:\r\n  profile: x\r\n"],
  ];
  for (const [format, text] of cases) {
    const after = await edit(text, format, DB);
    assert.ok(after.startsWith("\uFEFF"), format);
    assert.ok(!after.slice(1).includes("\uFEFF"), format);
    assert.equal(after.replaceAll("\r\n", "").includes("\n"), false, format);
  }
});

Deno.test("a value is removed, and the edit that changes nothing changes no byte", async () => {
  const gone: SettingEdit = { path: ["connections", "db"], value: undefined };
  assert.equal(
    await edit(
      '{"connections": {"db": {"instance": "a"}, "web": {"instance": "b"}}}',
      "json",
      gone,
    ),
    '{"connections": {"web": {"instance": "b"}}}',
  );
  assert.equal(
    await edit(
      '[connections.db]\ninstance = "a"\n\n# w\n[connections.web]\ninstance = "b"\n',
      "toml",
      gone,
    ),
    '\n# w\n[connections.web]\ninstance = "b"\n',
  );
  assert.equal(
    await edit("connections:\n  db:\n    instance: a\n  # w\n  web: {instance: b}\n", "yaml", gone),
    "connections:\n  # w\n  web: {instance: b}\n",
  );
  const yaml = "connections: { db: {remote_port: 5432, instance: 'web 1'} }";
  assert.equal(await edit(yaml, "yaml", DB), yaml);
  assert.equal(await edit(yaml, "yaml", { path: ["groups", "a"], value: undefined }), yaml);
});

Deno.test("what cannot be changed by itself is refused", async () => {
  const text =
    "a: &preset {instance: w}\nconnections:\n  db: *preset\n  web: &x\n    instance: y\nb: *x\n";
  const web: SettingEdit = { path: ["connections", "web"], value: { instance: "z" } };
  const error = await refusal(() => edit(text, "yaml", web));
  assert.equal(error.kind, "config");
  assert.match(error.message, /config\.yaml: connections\.web does not stand there by itself/);
});
