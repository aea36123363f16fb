/**
 * The ssh configuration in a home of a test, and the real ssh reading it.
 *
 * @module
 */
import { join } from "node:path";
import type { World } from "../e2e/_world.ts";
import { Child, childEnvironment } from "./command.ts";
import type { SshServer } from "./ssh_server.ts";

export class SshHome {
  readonly folder: string;
  readonly config: string;
  readonly hostFile: string;
  readonly #world: World;

  private constructor(world: World) {
    this.#world = world;
    this.folder = join(world.path, ".ssh");
    this.config = join(this.folder, "config");
    this.hostFile = join(this.folder, "ec2-connect.config");
  }

  /** With a configuration of the user's. */
  static async create(world: World, config: string): Promise<SshHome> {
    const home = new SshHome(world);
    await Deno.mkdir(home.folder, { mode: 0o700 });
    await Deno.writeTextFile(home.config, config, { mode: 0o600 });
    return home;
  }

  /** What leads every instance's ssh to a server of this machine. */
  static portOf(server: SshServer): string {
    return `Host *\n  Port ${server.port}\n  IdentityAgent none\n`;
  }

  /** A program of OpenSSH's, in the world's environment. */
  start(program: "ssh" | "scp", args: string[]): Child {
    return new Child(
      new Deno.Command(program, {
        args: ["-F", this.config, "-o", "BatchMode=yes", ...args],
        env: childEnvironment(this.#world.env),
        clearEnv: true,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  }

  /** Names and contents of the folder's files. */
  async files(): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    for await (const { name } of Deno.readDir(this.folder)) {
      files.set(name, await Deno.readTextFile(join(this.folder, name)));
    }
    return new Map([...files].sort());
  }
}
