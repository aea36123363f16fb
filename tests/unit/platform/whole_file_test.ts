import assert from "node:assert/strict";
import { join } from "node:path";
import { explainWriteError, writeWholeFile } from "../../../src/platform/mod.ts";
import { refusal } from "../../support/fake_io.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.chmod(folder, 0o700).catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("writeWholeFile() creates and replaces, for the owner alone, and leaves nothing else", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.json");
    await writeWholeFile(path, "one");
    await writeWholeFile(path, new TextEncoder().encode("two"));
    assert.equal(await Deno.readTextFile(path), "two");
    if (Deno.build.os !== "windows") assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    assert.deepEqual(names(folder), ["a.json"]);
  }));

Deno.test("writeWholeFile() says what keeps a path from being written", () =>
  inFolder(async (folder) => {
    const existing = join(folder, "existing");
    await Deno.writeTextFile(existing, "kept");
    const cases: [path: string, options: { mayReplace?: boolean }, message: RegExp][] = [
      [folder, {}, /: it is a folder$/],
      [join(folder, "none", "a"), {}, /: its folder does not exist$/],
      [join(existing, "a"), {}, /: its folder does not exist$/],
      [existing, { mayReplace: false }, /: it exists already$/],
    ];
    for (const [path, options, message] of cases) {
      const error = await refusal(() => writeWholeFile(path, "new", options));
      assert.match(error.message, message);
      assert.equal(error.exitCode, 2);
      assert.ok(error.hint);
    }
    assert.equal(await Deno.readTextFile(existing), "kept");
    assert.deepEqual(names(folder), ["existing"]);
  }));

Deno.test("writeWholeFile() writes what is no file in place", {
  ignore: Deno.build.os === "windows",
}, () => writeWholeFile("/dev/null", "gone"));

Deno.test("explainWriteError() tells a wrong path from a full disk", () => {
  const full = explainWriteError(new Error("No space left on device (os error 28)"), "/x");
  assert.deepEqual([full.kind, full.message], [
    "resource",
    "Cannot write /x: No space left on device",
  ]);
  const denied = explainWriteError(new Deno.errors.PermissionDenied("no"), "/x");
  assert.deepEqual([denied.kind, denied.message], ["usage", "Cannot write /x: permission denied"]);
  const readOnly = explainWriteError(new Error("Read-only file system (os error 30)"), "/x");
  assert.equal(readOnly.exitCode, 2);
});
