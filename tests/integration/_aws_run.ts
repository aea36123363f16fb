/**
 * Starts `_aws_child.ts` in an environment made for it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** What the child printed. */
export interface ChildAnswer {
  // deno-lint-ignore no-explicit-any -- whatever the action gives, after JSON
  result?: any;
  error?: { kind: string; message: string; why?: string; hint?: string };
  /** Its standard error: the SDK's warnings would be there. */
  stderr: string;
}

/** Of our own environment the child gets what Deno itself needs, and nothing of AWS. */
const KEPT = ["PATH", "DENO_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA", "SystemRoot", "TMPDIR", "TEMP"];

/**
 * @param args Action and, if wanted, profile.
 * @param options.env All that the child's environment has beside {@link KEPT}; `HOME` should be in it.
 */
export async function runAwsChild(
  args: readonly string[],
  options: { env: Record<string, string> },
): Promise<ChildAnswer> {
  const kept = KEPT.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
      new URL("./_aws_child.ts", import.meta.url).href,
      ...args,
    ],
    clearEnv: true,
    env: {
      ...Object.fromEntries(kept),
      DENO_DIR: denoDir(),
      // With a home of its own Deno would ask for its newest version, through the proxy under test.
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      ...options.env,
    },
  });
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  const errors = new TextDecoder().decode(stderr);
  try {
    return { ...JSON.parse(text), stderr: errors };
  } catch {
    throw new Error(`the child printed no JSON: ${text}\n${errors}`);
  }
}

/** The child has another HOME, and must find our module cache all the same. */
function denoDir(): string {
  const home = Deno.env.get("HOME");
  const set = Deno.env.get("DENO_DIR");
  if (set !== undefined) return set;
  if (Deno.build.os === "darwin") return `${home}/Library/Caches/deno`;
  if (Deno.build.os === "windows") return `${Deno.env.get("LOCALAPPDATA")}\\deno`;
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`}/deno`;
}
