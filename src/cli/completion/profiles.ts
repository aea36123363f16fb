/**
 * Names of the profiles in the shared AWS files, by their headings alone: the SDK's parser takes longer
 * to load than completion may take.
 *
 * @module
 */
import type { PathFacts } from "../../platform/mod.ts";

/** Sorted. What cannot be read has none. */
export async function readProfileNames(facts: PathFacts): Promise<string[]> {
  const [config, credentials] = await Promise.all(sharedFilePaths(facts).map(readText));
  const names = [
    ...headings(config!).flatMap((heading) => {
      const name = /^profile\s+(?:"(.*)"|'(.*)'|(.*))$/.exec(heading)?.slice(1).find(Boolean);
      return heading === "default" ? [heading] : name === undefined ? [] : [name];
    }),
    ...headings(credentials!),
  ];
  return [...new Set(names)].sort();
}

/** Whether neither shared file is a pipe: opening one waits for somebody who writes. */
export async function canReadSharedFiles(facts: PathFacts): Promise<boolean> {
  const found = await Promise.all(
    sharedFilePaths(facts).map(async (path) => {
      if (path === undefined) return true;
      return await Deno.stat(path).then(({ isFile }) => isFile, () => true);
    }),
  );
  return found.every(Boolean);
}

/** Of the config file and of the credentials file; undefined where no home is known. */
function sharedFilePaths({ os, env }: PathFacts): (string | undefined)[] {
  const home = (os === "windows" ? env["USERPROFILE"] : undefined) || env["HOME"];
  const inHome = (name: string) => home ? `${home}/.aws/${name}` : undefined;
  return [
    env["AWS_CONFIG_FILE"] || inHome("config"),
    env["AWS_SHARED_CREDENTIALS_FILE"] || inHome("credentials"),
  ];
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
