import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/mod.ts";
import { saveSetting } from "../../../src/config/save.ts";
import { refusal } from "../../support/fake_io.ts";

const DB = { path: ["connections", "db"], value: { instance: "web", local_port: 5432 } };
const POSIX_ONLY = { ignore: Deno.build.os === "windows" };

/** A home and the configuration folder in it, which exists only with files. */
async function inHome(
  files: Record<string, string>,
  test: (home: { facts: { os: "linux"; env: Record<string, string> }; folder: string }) => Promise<
    void
  >,
): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    const folder = join(home, ".config", "ec2-connect");
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    await test({ facts: { os: "linux", env: { HOME: home } }, folder });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test(
  "saveSetting() creates config.json, for its owner alone",
  POSIX_ONLY,
  () =>
    inHome({}, async ({ facts, folder }) => {
      const file = join(folder, "config.json");
      const saved = await saveSetting({ facts, path: undefined, edits: [DB] });
      assert.deepEqual(saved, { file, isChanged: true, backup: undefined });
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
      assert.deepEqual(namesIn(folder), ["config.json"]);
      const { config } = await loadConfig({ ...facts });
      assert.deepEqual(config.connections, { db: { instance: "web", local_port: 5432 } });
    }),
);

Deno.test("saveSetting() changes the file that counts, and keeps the one before", () =>
  inHome({ "config.toml": "# mine\n" }, async ({ facts, folder }) => {
    const file = join(folder, "config.toml");
    const backup = `${file}.bak`;
    const save = () => saveSetting({ facts, path: undefined, edits: [DB] });
    assert.deepEqual(await save(), { file, isChanged: true, backup });
    assert.match(await Deno.readTextFile(file), /^# mine\n\n\[connections\.db\]\n/);
    assert.equal(await Deno.readTextFile(backup), "# mine\n");
    assert.deepEqual(await save(), { file, isChanged: false, backup: undefined });
    assert.equal(await Deno.readTextFile(backup), "# mine\n");
    assert.deepEqual(namesIn(folder), ["config.toml", "config.toml.bak"]);
  }));

Deno.test("saveSetting() writes the file that is named, be it there or not", () =>
  inHome({ "config.json": "{}", "other.yaml": "aws: {}\n" }, async ({ facts, folder }) => {
    const [other, fresh] = [join(folder, "other.yaml"), join(folder, "new", "fresh.yml")];
    assert.equal((await saveSetting({ facts, path: other, edits: [DB] })).file, other);
    assert.match(await Deno.readTextFile(other), /^aws: \{\}\nconnections:\n/);
    const env = { ...facts.env, EC2_CONNECT_CONFIG: fresh };
    const saved = await saveSetting({ facts: { ...facts, env }, path: undefined, edits: [DB] });
    assert.equal(saved.file, fresh);
    assert.match(await Deno.readTextFile(fresh), /^connections:\n {2}db:\n/);
    assert.equal(await Deno.readTextFile(join(folder, "config.json")), "{}");
  }));

Deno.test(
  "saveSetting() keeps a link a link and permissions as they are",
  POSIX_ONLY,
  () =>
    inHome({ "dotfiles.json": "{}\n" }, async ({ facts, folder }) => {
      const [link, target] = [join(folder, "config.json"), join(folder, "dotfiles.json")];
      await Deno.symlink(target, link);
      // Writable by the group: what the umask would take away.
      await Deno.chmod(target, 0o664);
      await saveSetting({ facts, path: undefined, edits: [DB] });
      assert.ok((await Deno.lstat(link)).isSymlink);
      assert.match(await Deno.readTextFile(target), /"db"/);
      assert.equal((await Deno.stat(target)).mode! & 0o777, 0o664);
      await Deno.remove(target);
      const error = await refusal(() => saveSetting({ facts, path: undefined, edits: [DB] }));
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /is a link to .*dotfiles\.json, which is not there$/);
    }),
);

Deno.test("saveSetting() leaves a file alone that is wrong, or would be", async () => {
  const wrong: [text: string, path: string[], value: unknown, message: RegExp][] = [
    ["{", ["aws", "profile"], "x", /not valid JSON/],
    ['{"aws": {"connection_timeout": 0}}', ["aws", "profile"], "x", /connection_timeout is 0/],
    ["{}", ["connections", "a b"], { instance: "x" }, /it would not be valid$/],
    ["{}", ["connections", "db"], { instance: "" }, /it would not be valid$/],
  ];
  for (const [text, path, value, message] of wrong) {
    await inHome({ "config.json": text }, async ({ facts, folder }) => {
      const error = await refusal(() =>
        saveSetting({ facts, path: undefined, edits: [{ path, value }] })
      );
      assert.equal(error.exitCode, 2);
      assert.match(error.message, message);
      assert.equal(await Deno.readTextFile(join(folder, "config.json")), text);
      assert.deepEqual(namesIn(folder), ["config.json"]);
    });
  }
});

Deno.test("two that save at once both stay", () =>
  inHome({}, async ({ facts }) => {
    const names = ["a", "b", "c", "d", "e", "f"];
    await Promise.all(names.map((name) =>
      saveSetting({
        facts,
        path: undefined,
        edits: [{ path: ["connections", name], value: { instance: name } }],
      })
    ));
    const { config } = await loadConfig({ ...facts });
    assert.deepEqual(Object.keys(config.connections).sort(), names);
  }));
