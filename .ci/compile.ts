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
import { PERMISSIONS, V8_FLAGS } from "./permissions.ts";

const BUNDLE = "dist/bundle";

async function run(program: string, args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).spawn().status;
  if (!success) {
    // deno-lint-ignore no-console
    console.error(`${program} ${args[0]} failed`);
    Deno.exit(1);
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
const flags = [...PERMISSIONS, V8_FLAGS, "--include", BUNDLE];
if (values.with === undefined) {
  const target = values.target === undefined ? [] : ["--target", values.target];
  await run(Deno.execPath(), [
    ...["compile", "--no-check", "--output", out, ...target, ...flags],
    `${BUNDLE}/main.js`,
  ]);
} else {
  await run(values.with, [out, `${BUNDLE}/main.js`, ...flags]);
}
