/**
 * What starting the program loads: read from the module graph, without what is imported lazily.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; isDynamic?: boolean; code?: { specifier: string } }[];
  }[];
}

const ROOT = new URL("../../../", import.meta.url);

async function readGraph(): Promise<Graph> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fileURLToPath(new URL("main.ts", ROOT))],
    cwd: fileURLToPath(ROOT),
  });
  return JSON.parse(new TextDecoder().decode((await command.output()).stdout));
}

/** The packages and built-in modules that loading `path` loads. */
function loadedBy(path: string, graph: Graph): string[] {
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const foreign = new Set<string>();
  const visit = (specifier: string) => {
    if (seen.has(specifier)) return;
    seen.add(specifier);
    if (!specifier.startsWith("file:")) {
      foreign.add(specifier);
      return;
    }
    for (
      const { isDynamic, code, specifier: written } of modules.get(specifier)?.dependencies ?? []
    ) {
      // Imports of types alone have no code and are gone when the program runs.
      if (isDynamic || code === undefined) continue;
      visit(/^(?:npm|node):/.test(written) ? written : code.specifier);
    }
  };
  visit(new URL(path, ROOT).href);
  return [...foreign].sort();
}

Deno.test("--version loads no package and nothing of Node's", async () => {
  assert.deepEqual(loadedBy("main.ts", await readGraph()), []);
});

Deno.test("parsing loads commander alone; connect adds no package until it calls AWS", async () => {
  const graph = await readGraph();
  const packages = (path: string) =>
    loadedBy(path, graph).filter((name) => !name.startsWith("node:"))
      .map((name) => name.replace(/^npm:\/?/, "").replace(/(?<=.)@.*$/, ""));
  assert.deepEqual(packages("src/cli/program.ts"), ["@commander-js/extra-typings"]);
  assert.deepEqual(packages("src/cli/connect/run.ts"), []);
  assert.deepEqual(packages("src/cli/sandbox/run.ts"), []);
});
