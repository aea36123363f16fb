import assert from "node:assert/strict";
import { type Editor, findEditors } from "../../../src/vscode/editors.ts";
import { POSIX_ONLY } from "../../e2e/_world.ts";

/** Editors in a home with these files. */
async function find(
  files: Record<string, string>,
  facts: Partial<Parameters<typeof findEditors>[0]> = {},
): Promise<Editor[]> {
  const home = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(`${home}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${home}/${name}`, text, { mode: 0o755 });
    }
    const env = { HOME: home, PATH: `:${home}/bin/:/nonexistent`, USERPROFILE: home };
    const found = await findEditors({ os: "linux", env, ...facts });
    return found.map((editor) => ({ ...editor, path: editor.path.replace(home, "~") }));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const list = (...extensions: [string, string][]) =>
  JSON.stringify(extensions.map(([id, version]) => ({ identifier: { id }, version })));

Deno.test(
  "editors are found by their commands, and extensions by their lists",
  POSIX_ONLY,
  async () => {
    const found = await find({
      "bin/code": "#!/bin/sh\nexit 1\n",
      "bin/codium": "",
      "bin/cursor": "",
      ".vscode/extensions/extensions.json": list(
        ["ms-python.python", "1.0.0"],
        ["MS-vscode-remote.remote-ssh", "0.120.0"],
      ),
      ".vscode-oss/extensions/jeanp413.open-remote-ssh-0.0.49/package.json": "{}",
      ".cursor/extensions/extensions.json": "not JSON",
    });
    assert.deepEqual(found.map(({ id, path, remoteSsh }) => [id, path, remoteSsh]), [
      ["code", "~/bin/code", { id: "MS-vscode-remote.remote-ssh", version: "0.120.0" }],
      ["codium", "~/bin/codium", { id: "jeanp413.open-remote-ssh", version: "0.0.49" }],
      ["cursor", "~/bin/cursor", undefined],
    ]);
  },
);

Deno.test("lists of extensions of any shape are no reason to fail", POSIX_ONLY, async () => {
  for (const text of ["null", "{}", '[null, 1, {}, { "identifier": { "id": 3 } }]', ""]) {
    const [code] = await find({ "bin/code": "", ".vscode/extensions/extensions.json": text });
    assert.equal(code!.remoteSsh, undefined, text);
  }
});

Deno.test("a folder of an editor's name is no editor, and without any there is none", async () => {
  assert.deepEqual(await find({ "bin/code/file": "" }), []);
  assert.deepEqual(await find({}, { env: {} }), []);
  assert.deepEqual(await find({}, { os: "windows" }), []);
  assert.deepEqual(await find({}, { os: "darwin" }), []);
});

Deno.test("on a Mac editors are found in the user's own Applications", POSIX_ONLY, async () => {
  const path = "Applications/Visual Studio Code.app/Contents/Resources/app/bin/code";
  const [code] = await find({ [path]: "" }, { os: "darwin" });
  assert.equal(code!.path, `~/${path}`);
});
