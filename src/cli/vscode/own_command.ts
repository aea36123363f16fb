/**
 * How another program starts this one: by absolute paths, whatever its PATH is.
 *
 * @module
 */
import { ownCommand } from "../../platform/mod.ts";
import type { Io } from "../io.ts";

/**
 * The command of this process, without arguments.
 *
 * A link on the PATH that leads to the executable is taken in its place: package managers move the file
 * itself with each version, and keep the link.
 */
export async function stableCommand({ os, env }: Pick<Io, "os" | "env">): Promise<string[]> {
  const [program, ...args] = ownCommand();
  if (args.length > 0 || os === "windows") return [program!, ...args];
  const real = await Deno.realPath(program!).catch(() => program!);
  for (const folder of (env.PATH ?? "").split(":")) {
    if (!folder.startsWith("/")) continue;
    const link = `${folder.replace(/\/+$/, "")}/ec2-connect`;
    try {
      if (await Deno.realPath(link) === real) return [link];
    } catch {
      // Not there.
    }
  }
  return [program!];
}
