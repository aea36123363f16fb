/**
 * The documents tell the truth: what they show is what is printed, their links lead somewhere, and
 * their tables of settings are the schema's.
 *
 * How a block is written so that it can be checked is said in `_console_run.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { listSettings } from "../../src/config/environment.ts";
import { GARBAGE_KINDS } from "../../src/sandbox/faults/fault.ts";
import {
  type Block,
  parseBlocks,
  parseCommands,
  splitWords,
  withoutBlocks,
} from "./_console_blocks.ts";
import { configurationTables } from "../support/configuration_tables.ts";
import { runChain } from "./_console_run.ts";
import { POSIX_ONLY } from "./_world.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Paths of the Markdown files directly in these folders, from the root. */
async function documentsIn(...folders: string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    for await (const { name } of Deno.readDir(join(ROOT, folder))) {
      if (name.endsWith(".md")) paths.push(join(folder, name));
    }
  }
  return paths.sort();
}

const read = (path: string) => Deno.readTextFile(join(ROOT, path));

/** Blocks that run together: one, and those behind it that run alongside. */
function chainsOf(blocks: readonly Block[]): Block[][] {
  const chains: Block[][] = [];
  for (const block of blocks) {
    if (block.directives.some(({ name }) => name === "alongside")) chains.at(-1)!.push(block);
    else chains.push([block]);
  }
  return chains;
}

for (const document of await documentsIn(".", "docs")) {
  const blocks = parseBlocks(document, await read(document));
  const chains = chainsOf(blocks.filter(({ language }) => language === "console"));
  if (chains.length === 0) continue;
  Deno.test(`${document}: what it shows is what is printed`, POSIX_ONLY, async () => {
    const files = blocks.filter(({ directives }) => directives.some(({ name }) => name === "file"));
    const differences: string[] = [];
    for (const chain of chains) {
      const before = files.filter(({ line }) => line < chain[0]!.line);
      differences.push(...await runChain(chain, before));
    }
    assert.ok(differences.length === 0, differences.join("\n\n"));
  });
}

Deno.test("every link of a document to a file or a heading leads there", async () => {
  const broken: string[] = [];
  for (const document of await documentsIn(".", "docs", "docs/decisions")) {
    const text = withoutBlocks(await read(document));
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [path, heading] = target!.split("#");
      const file = path === "" ? document : join(dirname(document), path!);
      if (!await leadsSomewhere(file, heading)) broken.push(`${document}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

async function leadsSomewhere(file: string, heading: string | undefined): Promise<boolean> {
  try {
    if (heading === undefined) return (await Deno.stat(join(ROOT, file))).isFile;
    return headingsOf(await read(file)).includes(heading);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Names of the headings as links write them. */
function headingsOf(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")
  );
}

/** Run with UPDATE_SNAPSHOTS=1 after a change of the schema. */
Deno.test("the tables of CONFIGURATION.md are the schema's", async () => {
  const path = "docs/CONFIGURATION.md";
  const before = await read(path);
  const missing: string[] = [];
  let text = before;
  for (const [name, lines] of Object.entries(configurationTables())) {
    const [begin, end] = [`<!-- generated: ${name} -->\n`, "<!-- end of generated -->"];
    const start = text.indexOf(begin) + begin.length;
    if (start < begin.length) missing.push(name);
    else {text = text.slice(0, start) + lines.join("\n") + "\n" +
        text.slice(text.indexOf(end, start));}
  }
  assert.deepEqual(missing, []);
  if (Deno.env.get("UPDATE_SNAPSHOTS") === "1") await Deno.writeTextFile(join(ROOT, path), text);
  else assert.equal(before, text);
});

Deno.test("CONFIGURATION.md says rightly which settings nothing reads yet", async () => {
  const text = await read("docs/CONFIGURATION.md");
  const section = /^## Not read yet\n([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
  const unread = [...section.matchAll(/`(\w+\.[\w.]+)`/g)].map(([, name]) => name!);
  const source = await sourceOutsideConfig();
  const isRead = (path: readonly string[]) => new RegExp(`\\b${path.at(-1)}\\b`).test(source);
  const expected = listSettings().filter(({ path }) => !isRead(path)).map(({ path }) =>
    path.join(".")
  );
  assert.deepEqual(unread.toSorted(), expected.toSorted());
});

/** What the command line makes of settings: they are read there and nowhere else. */
async function sourceOutsideConfig(folder = "src/cli"): Promise<string> {
  const texts: string[] = [];
  for await (const { name, isFile } of Deno.readDir(join(ROOT, folder))) {
    const path = join(folder, name);
    texts.push(isFile ? await read(path) : await sourceOutsideConfig(path));
  }
  return texts.join("\n");
}

Deno.test("API_REFERENCE.md has the fault tables of fault.ts", async () => {
  const source = await read("src/sandbox/faults/fault.ts");
  const comment = source.slice(0, source.indexOf("*/")).replace(/^ \* ?/gm, "");
  const rows = (text: string) => [...text.matchAll(/^\| `[a-z_]+`.*\|$/gm)].map(([row]) => row);
  const section = (await read("docs/API_REFERENCE.md")).split(/^### Faults$/m)[1]!.split(
    /^## /m,
  )[0]!;
  // The document has the kinds of garbage below the table and not in the source.
  const wanted = rows(comment).map((row) => row.replace("; see `GarbageKind`", ""));
  assert.deepEqual(rows(section), wanted);
  assert.ok(wanted.length > 20);
  for (const kind of GARBAGE_KINDS) assert.ok(section.includes(`\`${kind}\``), kind);
});

Deno.test("a block that shows something else is found out", POSIX_ONLY, async () => {
  const markdown = [
    "```console",
    "$ ec2-connect conect",
    'error: Unknown command "conect"',
    "  hint: Did you mean connect?",
    "$ echo $?",
    "1",
    "$ rm -r nothing",
    "$ ec2-connect connect web-1 --local-port 8080",
    "Forwarding 127.0.0.1:8080 -> i-0a5b0c00000000001:80 (session me-0123456789abcdef0)",
    "```",
  ].join("\n");
  const [block] = parseBlocks("made-up.md", markdown);
  const differences = await runChain([block!], []);
  assert.equal(differences.length, 3, differences.join("\n\n"));
  assert.match(differences[0]!, /echo \$\?\n--- documented\n1\n--- printed\n2$/);
  assert.match(differences[1]!, /rm -r nothing\nis neither run/);
  assert.match(differences[2]!, /documented\nForwarding .*:80 .*\n--- printed\nForwarding .*:22 /);
});

Deno.test("a block is read as a shell and a reader would", () => {
  const markdown = [
    "<!-- test: env A= -->",
    "<!-- test: then connect -->",
    "```console",
    "$ ec2-connect connect \\",
    "    web-1 -- sh -c 'a \"b\"'",
    "out",
    "",
    "$ echo $?",
    "0",
    "```",
  ].join("\n");
  const [block] = parseBlocks("a.md", markdown);
  assert.deepEqual(block!.directives, [{ name: "env", rest: "A=" }, {
    name: "then",
    rest: "connect",
  }]);
  const commands = parseCommands(block!);
  assert.deepEqual(commands, [
    { text: "ec2-connect connect web-1 -- sh -c 'a \"b\"'", output: ["out"] },
    { text: "echo $?", output: ["0"] },
  ]);
  assert.deepEqual(splitWords(commands[0]!.text).slice(3), ["--", "sh", "-c", 'a "b"']);
});
