/**
 * Names of the profiles in the shared AWS files, by their headings alone: the SDK's parser takes longer
 * to load than completion may take.
 *
 * @module
 */
import type { PathFacts } from "../../platform/mod.ts";

/** Sorted. What cannot be read has none. */
export async function readProfileNames({ os, env }: PathFacts): Promise<string[]> {
  const home = (os === "windows" ? env["USERPROFILE"] : undefined) || env["HOME"];
  const inHome = (name: string) => home === undefined ? undefined : `${home}/.aws/${name}`;
  const [config, credentials] = await Promise.all([
    readText(env["AWS_CONFIG_FILE"] || inHome("config")),
    readText(env["AWS_SHARED_CREDENTIALS_FILE"] || inHome("credentials")),
  ]);
  const names = [
    ...headings(config).flatMap((heading) => {
      const name = /^profile\s+(?:"(.*)"|'(.*)'|(.*))$/.exec(heading)?.slice(1).find(Boolean);
      return heading === "default" ? [heading] : name === undefined ? [] : [name];
    }),
    ...headings(credentials),
  ];
  return [...new Set(names)].sort();
}

function headings(text: string): string[] {
  return [...text.matchAll(/^\s*\[\s*([^\]\n]+?)\s*\]/gm)].map(([, heading]) => heading!);
}

async function readText(path: string | undefined): Promise<string> {
  if (path === undefined) return "";
  try {
    return (await Deno.stat(path)).isFile ? await Deno.readTextFile(path) : "";
  } catch {
    return "";
  }
}
