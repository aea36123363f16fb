/**
 * Keeps the order of the folders of `src` (docs/architecture.md), by reading the source.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A folder imports only from those above it. */
const ORDER = [
  "errors",
  "protocol",
  "platform",
  "config",
  "aws",
  "storage",
  "session",
  "diagnostics",
  "monitor",
  "vscode",
  "tui",
  "sandbox",
  "cli",
];

/** The emulated AWS knows the protocol, never the program that is tested against it. */
const SANDBOX_IMPORTS = ["errors", "protocol", "platform"];

interface SourceFile {
  /** From the project's root, as `src/protocol/smux.ts`. */
  path: string;
  folder: string;
  /** Without comments. */
  code: string;
}

interface Import {
  kind: "static" | "type" | "dynamic";
  specifier: string;
}

function* sourcePaths(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sourcePaths(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

function readSource(path: string): SourceFile {
  const fromRoot = relative(ROOT, path).replaceAll("\\", "/");
  return {
    path: fromRoot,
    folder: fromRoot.split("/")[1]!,
    code: withoutComments(Deno.readTextFileSync(path)),
  };
}

/** Blanks comments; what stands in quotes stays, also when it looks like one. */
function withoutComments(code: string): string {
  const parts = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[^]*?\*\/|\/\/.*/g;
  return code.replace(parts, (_match, quoted?: string) => quoted ?? " ");
}

function importsOf(code: string): Import[] {
  const found: Import[] = [];
  const statics = /^\s*(?:import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
  for (const [, type, specifier] of code.matchAll(statics)) {
    found.push({ kind: type === undefined ? "static" : "type", specifier: specifier! });
  }
  for (const [, specifier] of code.matchAll(/\bimport\(\s*["']([^"']+)["']/g)) {
    found.push({ kind: "dynamic", specifier: specifier! });
  }
  return found;
}

const FILES = [...sourcePaths(join(ROOT, "src"))].map(readSource);

/** Imports of files in other folders of `src`. */
function foreignImports(file: SourceFile): (Import & { folder: string; target: string })[] {
  return importsOf(file.code)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map((found) => {
      const target = join(dirname(file.path), found.specifier).replaceAll("\\", "/");
      return { ...found, target, folder: target.split("/")[1]! };
    })
    .filter(({ folder, target }) => target.startsWith("src/") && folder !== file.folder);
}

/** Places in `files` where `pattern` stands, for a message. */
function places(files: SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, code }) => {
    const match = pattern.exec(code);
    return match === null ? [] : [`${path}: ${match[0]}`];
  });
}

Deno.test("the reading of imports sees every form", () => {
  const code = withoutComments(`
    import { a } from "./a.ts"; // import "./no.ts"
    import type { B } from "./b.ts";
    /* import "./no.ts" */
    import {
      type C,
      d,
    } from "../c/mod.ts";
    export * from "./e.ts";
    import "./f.ts";
    const url = "http://example.com"; const g = await import("./g.ts");
  `);
  assert.deepEqual(importsOf(code), [
    { kind: "static", specifier: "./a.ts" },
    { kind: "type", specifier: "./b.ts" },
    { kind: "static", specifier: "../c/mod.ts" },
    { kind: "static", specifier: "./e.ts" },
    { kind: "static", specifier: "./f.ts" },
    { kind: "dynamic", specifier: "./g.ts" },
  ]);
  assert.ok(FILES.length > 50, `${FILES.length} files were read`);
});

Deno.test("every folder of src is in the order", () => {
  const folders = [...new Set(FILES.map(({ folder }) => folder))];
  assert.deepEqual(folders.filter((folder) => !ORDER.includes(folder)), []);
});

Deno.test("a folder imports only from those above it", () => {
  const wrong = FILES.flatMap((file) => {
    const allowed = file.folder === "sandbox"
      ? SANDBOX_IMPORTS
      : ORDER.slice(0, ORDER.indexOf(file.folder));
    return foreignImports(file).filter(({ folder }) => !allowed.includes(folder))
      .map(({ target }) => `${file.path} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("a folder is entered by its mod.ts, or by a file that is imported when it is needed", () => {
  const wrong = FILES.flatMap((file) =>
    foreignImports(file)
      .filter(({ kind, target }) => kind === "static" && !target.endsWith("/mod.ts"))
      .map(({ target }) => `${file.path} imports ${target}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("protocol is pure: no Deno, no timers, nothing of Node but its crypto", () => {
  const protocol = FILES.filter(({ folder }) => folder === "protocol");
  const impure =
    /\bDeno\s*\.|\b(setTimeout|setInterval|setImmediate|fetch|performance|Date\.now)\b/;
  assert.deepEqual(places(protocol, impure), []);
  const foreign = protocol.flatMap(({ path, code }) =>
    importsOf(code)
      .filter(({ specifier }) => !specifier.startsWith(".") && specifier !== "node:crypto")
      .map(({ specifier }) => `${path} imports ${specifier}`)
  );
  assert.deepEqual(foreign, []);
});

Deno.test("only main.ts ends the process", () => {
  assert.deepEqual(places(FILES, /\bDeno\s*\.\s*exit\b|\bprocess\s*\.\s*exit\b/), []);
});

Deno.test("only cli and tui write to the console", () => {
  const silent = FILES.filter(({ folder }) => !["cli", "tui"].includes(folder));
  assert.deepEqual(places(silent, /\bconsole\s*\.|\bDeno\s*\.\s*(stdout|stderr)\s*\.\s*write/), []);
});
