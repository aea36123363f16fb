/**
 * Changes of files, shown or made, and told.
 *
 * @module
 */
import { lockFile, stateFolder } from "../../platform/mod.ts";
import { applyChange, diffOf, type FileChange, kindOf, type SshPlaces } from "../../vscode/mod.ts";
import type { Context } from "../context.ts";

/** A change as the result names it. */
export interface ToldChange {
  path: string;
  /** `unchanged`, `created`, `changed` or `removed`; with `--dry-run`, what would be. */
  change: ReturnType<typeof kindOf>;
  backup: string | null;
  /** As `diff -u`. */
  diff: string[];
}

/** Makes them in order, or with `isDryRun` none of them. */
export async function makeChanges(
  changes: readonly FileChange[],
  { isDryRun, context }: { isDryRun: boolean; context: Context },
): Promise<ToldChange[]> {
  const told: ToldChange[] = [];
  for (const change of changes) {
    const diff = diffOf(change);
    const { path } = change;
    if (isDryRun) {
      told.push({ path, change: kindOf(change), backup: null, diff });
      continue;
    }
    const { kind, backup } = await applyChange(change, context.io.clock.epochMs());
    told.push({ path, change: kind, backup: backup ?? null, diff });
  }
  return told;
}

/** One at a time on this machine: each reads files, and writes them anew. */
export async function lockChanges({ io }: Context, isDryRun: boolean): Promise<Disposable> {
  const folder = stateFolder(io);
  if (isDryRun || folder === undefined) return { [Symbol.dispose]: () => {} };
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  return await lockFile(`${folder}/.vscode-lock`);
}

export function hasChanged(told: readonly ToldChange[]): boolean {
  return told.some(({ change }) => change !== "unchanged");
}

/** What a person reads about them. */
export function changeLines(
  told: readonly ToldChange[],
  { isDryRun, places }: { isDryRun: boolean; places: SshPlaces },
): string[] {
  if (isDryRun) {
    return told.flatMap(({ path, change, diff }) =>
      change === "unchanged" ? [] : diff.length > 0 ? diff : [`${change}: ${path}`]
    );
  }
  return told.flatMap(({ path, change, backup }) => {
    if (change === "unchanged") return [];
    const verb = { created: "Wrote", changed: "Changed", removed: "Removed" }[change];
    const line = `${verb} ${shortPath(path, places)}`;
    return [
      backup === null ? line : `${line}; what it was is kept in ${shortPath(backup, places)}`,
    ];
  });
}

/** With `~` for the home. */
export function shortPath(path: string, { home }: Pick<SshPlaces, "home">): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
