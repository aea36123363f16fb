/**
 * Builds the executable: bundles with code splitting, so that every command loads only its own part,
 * then compiles the bundle.
 *
 *   deno run -A .ci/compile.ts [OUT] [--target TRIPLE] [--with COMPILER]
 *
 * `--with` names a program to call as `COMPILER OUT ENTRY FLAGS…` in place of `deno compile`, for
 * machines that cannot download Deno's compile base.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { permissions, V8_FLAGS } from "./permissions.ts";

const BUNDLE = "dist/bundle";

async function run(program: string, args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).spawn().status;
  if (!success) {
    // deno-lint-ignore no-console
    console.error(`${program} ${args[0]} failed`);
    Deno.exit(1);
  }
}

/** Rewrites every file of the bundle. */
async function rewrite(change: (text: string) => string): Promise<void> {
  for await (const { name } of Deno.readDir(BUNDLE)) {
    const path = `${BUNDLE}/${name}`;
    const before = await Deno.readTextFile(path);
    const after = change(before);
    if (after !== before) await Deno.writeTextFile(path, after);
  }
}

/**
 * Some packages are CommonJS and ask for Node's modules with `require`, which the bundler replaces by
 * a function that throws. Its chunk gets a real one: all the rest of such a package is in the bundle.
 */
function provideRequire(text: string): string {
  const real = "const require=(id)=>process.getBuiltinModule(id);";
  return text.includes("Dynamic require of") ? real + text : text;
}

/** Of Node's, slow to load, and imported by packages for what is seldom or never called here. */
const SELDOM_CALLED = ["node:child_process", "node:fs", "node:http2", "node:https"];

/**
 * Commander can start programs, the SDK has two more HTTP clients: both import for it what costs a start
 * some 20 ms each, though nothing calls it. Such a module is loaded when something of it is used. The
 * constants of HTTP/2 are taken out of it before that.
 */
function importOnUse(text: string): string {
  const modules = SELDOM_CALLED.join("|");
  const lazy = (module: string) => {
    const real = `process.getBuiltinModule("${module}")`;
    const constants = `new Proxy({},{get:(_,key)=>${real}.constants[key]})`;
    return `new Proxy({},{get:(_,key)=>key==="constants"?${constants}:${real}[key]})`;
  };
  return text.replace(
    new RegExp(`\\bimport ([\\w$]+) from"(${modules})";`, "g"),
    (_, name, module) => `var ${name}=${lazy(module)};`,
  );
}

/**
 * A CommonJS package that is imported lazily becomes a chunk with a default export alone, while its
 * importers take names out of it, as they may from source. They get the names.
 */
async function provideNames(): Promise<void> {
  const chunks = new Map<string, string>();
  for await (const { name } of Deno.readDir(BUNDLE)) {
    chunks.set(name, await Deno.readTextFile(`${BUNDLE}/${name}`));
  }
  const isNameless = (text: string) =>
    /export default \w+\(\);\s*$/.test(text) && !/export\s*\{/.test(text);
  const nameless = new Set(
    [...chunks].filter(([, text]) => isNameless(text)).map(([name]) => name),
  );
  for (const [name, text] of chunks) {
    const named = text.replace(
      /import\("\.\/([\w-]+\.js)"\)/g,
      (found, chunk: string) =>
        nameless.has(chunk) ? `${found}.then($m=>({...$m.default,default:$m.default}))` : found,
    );
    if (named !== text) await Deno.writeTextFile(`${BUNDLE}/${name}`, named);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { target: { type: "string" }, with: { type: "string" } },
});
const out = positionals[0] ?? "dist/ec2-connect";

await Deno.remove(BUNDLE, { recursive: true }).catch(() => {});
await run(Deno.execPath(), [
  "bundle",
  "--quiet",
  "--minify",
  "--keep-names",
  "--code-splitting",
  "--platform=deno",
  `--outdir=${BUNDLE}`,
  "main.ts",
]);
await rewrite(importOnUse);
await rewrite(provideRequire);
await provideNames();
const isWindows = values.target?.includes("windows") ?? Deno.build.os === "windows";
const flags = [...permissions(isWindows ? "windows" : "unix"), V8_FLAGS, "--include", BUNDLE];
if (values.with === undefined) {
  const target = values.target === undefined ? [] : ["--target", values.target];
  await run(Deno.execPath(), [
    ...["compile", "--no-check", "--output", out, ...target, ...flags],
    `${BUNDLE}/main.js`,
  ]);
} else {
  await run(values.with, [out, `${BUNDLE}/main.js`, ...flags]);
}
