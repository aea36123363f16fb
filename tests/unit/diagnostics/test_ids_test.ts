/**
 * Keeps every test case that the specification of the diagnosis names: in a test's name, or with its
 * reason in the decision about them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DECISION = join(ROOT, "docs", "decisions", "diagnostic-tests.md");
const IDS = join(ROOT, "tests", "testdata", "diagnostic_test_ids.txt");

const wordsOf = (text: string): string[] => text.match(/\b[A-Z]{2}-\d+[a-z]?\b/g) ?? [];

function* testFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* testFiles(path);
    else if (entry.name.endsWith("_test.ts")) yield path;
  }
}

/** Ids that a text begins with, as the names of tests do; what a comment says is no test. */
function* testedIds(): Generator<string> {
  for (const path of testFiles(join(ROOT, "tests"))) {
    for (const line of Deno.readTextFileSync(path).split("\n")) {
      if (/^\s*(?:\/\/|\*|\/\*)/.test(line)) continue;
      for (const [name] of line.matchAll(/["`](?:[A-Z]{2}-\d+[a-z]?[ ,:]*)+/g)) {
        yield* wordsOf(name);
      }
    }
  }
}

/** Ids of the list of what does not exist as it is written. */
function excusedIds(): string[] {
  const [, reasons] = Deno.readTextFileSync(DECISION).split("**What does not exist.**");
  return wordsOf(reasons!.split("**Cost.**")[0]!);
}

Deno.test("every test case of the specification is a test's name, or is excused with a reason", () => {
  const wanted = wordsOf(Deno.readTextFileSync(IDS));
  assert.ok(wanted.length > 200);
  assert.equal(new Set(wanted).size, wanted.length);
  const there = new Set([...testedIds(), ...excusedIds()]);
  assert.deepEqual(wanted.filter((id) => !there.has(id)), []);
});
