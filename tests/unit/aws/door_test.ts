import assert from "node:assert/strict";

/** Every file that importing `entry` loads: static imports only, those of types left out. */
async function loadedBy(entry: URL): Promise<Set<string>> {
  const loaded = new Set<string>();
  const pending = [entry.href];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (loaded.has(at)) continue;
    loaded.add(at);
    if (!at.startsWith("file:")) continue;
    const source = await Deno.readTextFile(new URL(at));
    const statements = source.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from\s+"([^"]+)";/gms);
    for (const [, specifier = ""] of statements) {
      pending.push(specifier.startsWith(".") ? new URL(specifier, at).href : specifier);
    }
  }
  return loaded;
}

Deno.test("importing aws/mod.ts loads no package and none of Node's modules", async () => {
  const loaded = await loadedBy(new URL("../../../src/aws/mod.ts", import.meta.url));
  assert.ok(loaded.size > 10, "the walk found the folder's files");
  assert.deepEqual([...loaded].filter((each) => !each.startsWith("file:")), []);
});
