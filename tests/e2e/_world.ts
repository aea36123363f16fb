/**
 * A sandbox in this process, and the real command as a child that sees nothing else: a home of its
 * own, no credentials but the sandbox's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/mod.ts";
import { QUICK_SHELLS } from "../support/sandbox.ts";
import { type Child, type CommandResult, runCommand, startCommand } from "../support/command.ts";

/** Ctrl-C and its like are sent as signals, which Windows has not. */
export const POSIX_ONLY = { ignore: Deno.build.os === "windows" };

export interface ReadyEvent {
  event: "ready";
  session_id: string;
  local_port: number;
  remote_host: string | null;
  remote_port: number;
}

/** A command that can do without AWS, or is to find out that there is none. */
export class Home implements AsyncDisposable {
  readonly path: string;
  readonly env: Record<string, string>;

  protected constructor(path: string, env: Record<string, string>) {
    this.path = path;
    this.env = env;
  }

  static async create(): Promise<Home> {
    const path = await Deno.makeTempDir({ prefix: "ec2-connect-home-" });
    return new Home(path, await homeEnvironment(path));
  }

  run(args: string[], env: Record<string, string> = {}): Promise<CommandResult> {
    return runCommand(args, { env: { ...this.env, ...env } });
  }

  start(args: string[], env: Record<string, string> = {}): Child {
    return startCommand(args, { env: { ...this.env, ...env } });
  }

  /** Ends what a command has left running in it: the background host writes there until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await endHosts(join(this.path, ".local", "state", "ec2-connect", "hosts"));
    await removeFolder(this.path);
  }
}

/** A home that points at a sandbox. */
export class World extends Home {
  readonly sandbox: Sandbox;

  private constructor(home: Home, sandbox: Sandbox) {
    super(home.path, {
      ...home.env,
      AWS_ENDPOINT_URL: sandbox.endpointUrl,
      AWS_REGION: sandbox.region,
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
    });
    this.sandbox = sandbox;
  }

  static async open(options: SandboxOptions = {}): Promise<World> {
    const sandbox = await startSandbox({
      agentPacing: false,
      ...options,
      timing: { ...QUICK_SHELLS, ...options.timing },
    });
    return new World(await Home.create(), sandbox);
  }

  /** Port of a service behind the healthy instances. */
  service(name: keyof Sandbox["instances"][number]["services"]): string {
    return String(this.sandbox.instances[0]!.services[name]);
  }

  instanceId(name: string): string {
    const found = this.sandbox.instances.find((instance) => instance.name === name);
    assert.ok(found !== undefined, `no instance named ${name}`);
    return found.instanceId;
  }

  /** What became of every session, as DescribeSessions shows it. */
  get sessionStates(): string[] {
    return this.sandbox.sessions().map(({ status }) => status);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.stop();
    await super[Symbol.asyncDispose]();
  }
}

/** Writes files of AWS's into the home: `config`, `credentials`. */
export async function writeAwsFiles(world: World, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(world.path, ".aws", name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

/** The `error` of a command that failed with `--format json`. */
export function jsonError(
  result: CommandResult,
): { kind: string; exit_code: number; message: string; cause: string | null; hint: string | null } {
  const line = result.stderr.trim().split("\n").at(-1)!;
  return JSON.parse(line).error;
}

/** The page of the sandbox's HTTP service, through a tunnel. */
export async function fetchPage(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  return await response.text();
}

/** Sends a text to the echo service through a tunnel and returns what comes back. */
export async function echo(port: number, text: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const sent = new TextEncoder().encode(text);
  await conn.write(sent);
  // No half-close: the agent's multiplexer knows none, and ends both directions late.
  const received = new Uint8Array(sent.length);
  let length = 0;
  while (length < received.length) {
    const count = await conn.read(received.subarray(length));
    if (count === null) break;
    length += count;
  }
  return new TextDecoder().decode(received.subarray(0, length));
}

/** Ends the processes that say in `folder` that they hold sessions, and waits until they have. */
async function endHosts(folder: string): Promise<void> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".json")) names.push(name);
    }
  } catch {
    return; // None ever ran.
  }
  for (const name of names) {
    try {
      const { pid } = JSON.parse(await Deno.readTextFile(join(folder, name)));
      if (pid === Deno.pid || !await runsFrom(pid, folder)) continue;
      Deno.kill(pid, "SIGTERM");
      await until(async () => !await runsFrom(pid, folder));
    } catch {
      // Gone meanwhile.
    }
  }
}

/** Whether `pid` is a process of this home, and not another one that was given its number since. */
async function runsFrom(pid: number, folder: string): Promise<boolean> {
  try {
    const environment = await Deno.readTextFile(`/proc/${pid}/environ`);
    return environment.includes(`HOME=${folder.split("/.local/")[0]}`);
  } catch {
    return false;
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200 && !await isTrue(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A process that was killed a moment ago may still put a file there. */
async function removeFolder(path: string): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

let cacheFolder: string | undefined;

/** Everything that would otherwise be looked for in the user's home. */
async function homeEnvironment(home: string): Promise<Record<string, string>> {
  // Deno's own cache is in the home as well, and must not be downloaded again.
  cacheFolder ??= await denoCacheFolder();
  return {
    HOME: home,
    USERPROFILE: home,
    APPDATA: home,
    LOCALAPPDATA: home,
    XDG_CONFIG_HOME: "",
    XDG_DATA_HOME: "",
    XDG_STATE_HOME: "",
    DENO_DIR: cacheFolder,
    NO_COLOR: "1",
  };
}

async function denoCacheFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
