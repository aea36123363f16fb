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

/**
 * Some packages are CommonJS and ask for Node's modules with `require`, which the bundler replaces by
 * a function that throws where there is none. The chunk with that function gets a real one; it is
 * loaded only with such a package.
 */
async function provideRequire(): Promise<void> {
  const real = 'import{createRequire as $r}from"node:module";const require=$r(import.meta.url);';
  for await (const { name } of Deno.readDir(BUNDLE)) {
    const path = `${BUNDLE}/${name}`;
    const text = await Deno.readTextFile(path);
    if (text.includes("Dynamic require of")) await Deno.writeTextFile(path, real + text);
  }
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
await provideRequire();
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
