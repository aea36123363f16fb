/**
 * The folders that stand for the homes of instances: where shells and commands begin.
 *
 * @module
 */
import { join } from "node:path";
import { commandEnvironment, programEnvironment } from "./environment.ts";
import type { CommandPlan } from "./terminal.ts";

export class Homes {
  /** Made when it is needed first: most sandboxes never run a shell. */
  #root: Promise<string> | undefined;

  /**
   * What runs a command on an instance. Files stay in its home until the sandbox stops.
   *
   * @param runAs The user that the preferences name; `undefined` when they name none.
   * @throws {Error} When it would have to be another user's; in the agent's words where it has any.
   */
  async plan(
    command: readonly string[],
    { instanceId, runAs }: { instanceId: string; runAs: string | undefined },
  ): Promise<CommandPlan> {
    if (runAs !== undefined) await requireUser(runAs);
    const root = await (this.#root ??= Deno.makeTempDir({ prefix: "ec2-connect-sandbox-" }));
    const folder = join(root, instanceId);
    await Deno.mkdir(folder, { recursive: true });
    return { command, folder, environment: commandEnvironment(folder) };
  }

  /** Removes all of them. */
  async remove(): Promise<void> {
    const root = this.#root;
    if (root !== undefined) await Deno.remove(await root, { recursive: true }).catch(() => {});
  }
}

/** Nobody can be become without being root, and so only the sandbox's own user will do. */
async function requireUser(name: string): Promise<void> {
  if (name.trim() === "") throw new Error("please set the RunAs default user");
  const [wanted, own] = await Promise.all([idOf(name), idOf(undefined)]);
  if (wanted === undefined) {
    throw new Error(`failed to start pty since RunAs user ${name} does not exist`);
  }
  if (wanted !== own) {
    throw new Error(`the sandbox runs commands as its own user only, and not as ${name}`);
  }
}

/** The number of a user, of our own without a name; `undefined` for a user that does not exist. */
async function idOf(name: string | undefined): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'id -u "$@"', "sh", ...(name === undefined ? [] : ["--", name])],
    env: programEnvironment(),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}
