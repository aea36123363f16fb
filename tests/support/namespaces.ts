/**
 * Two network namespaces joined by a cable that can be pulled: real packets that really vanish, and
 * nothing of the machine's own network is touched.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Of a network for documentation and tests. Source: RFC 2544, 198.18.0.0/15. */
const SERVER_ADDRESS = "198.18.77.1";
const CLIENT_ADDRESS = "198.18.77.2";

/** Options of a test that needs namespaces; says loudly where they cannot be had. */
export async function needsNamespaces(): Promise<{ ignore: boolean }> {
  const problem = await namespaceProblem();
  if (problem !== undefined) {
    // deno-lint-ignore no-console
    console.warn(`\nSKIPPED: tests with a real loss of the network: ${problem}\n`);
  }
  return { ignore: problem !== undefined };
}

async function namespaceProblem(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "only Linux has network namespaces";
  if (Deno.uid() !== 0) return "network namespaces need root";
  const name = `ec2c-try-${Deno.pid}`;
  try {
    await ip("netns", "add", name);
    await ip("netns", "del", name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The two ends. Disposing removes them, with the cable. */
export class Namespaces implements AsyncDisposable {
  readonly serverAddress = SERVER_ADDRESS;
  readonly #server: string;
  readonly #client: string;
  readonly #cable: string;

  private constructor() {
    // Names of interfaces have 15 characters at most.
    this.#server = `ec2c-s-${Deno.pid}`;
    this.#client = `ec2c-c-${Deno.pid}`;
    this.#cable = `e${Deno.pid}`;
  }

  static async create(): Promise<Namespaces> {
    const made = new Namespaces();
    const ends = [
      { name: made.#server, device: `${made.#cable}s`, address: SERVER_ADDRESS },
      { name: made.#client, device: `${made.#cable}c`, address: CLIENT_ADDRESS },
    ] as const;
    try {
      for (const { name } of ends) await ip("netns", "add", name);
      const [server, client] = ends;
      await ip(
        ...["link", "add", server.device, "netns", server.name, "type", "veth"],
        ...["peer", "name", client.device, "netns", client.name],
      );
      for (const { name, device, address } of ends) {
        await ip("-n", name, "address", "add", `${address}/30`, "dev", device);
        await ip("-n", name, "link", "set", "lo", "up");
        await ip("-n", name, "link", "set", device, "up");
      }
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A command line that runs `command` at one end. */
  at(end: "server" | "client", command: readonly string[]): string[] {
    return ["ip", "netns", "exec", end === "server" ? this.#server : this.#client, ...command];
  }

  /** Pulls the cable at the server's end, or puts it back. The client's system sees that it has none. */
  async setCable(isIn: boolean): Promise<void> {
    await ip("-n", this.#server, "link", "set", `${this.#cable}s`, isIn ? "up" : "down");
  }

  /** Lets every packet vanish between the ends, which nobody is told, or lets them arrive again. */
  async setPath(isOpen: boolean): Promise<void> {
    for (
      const [name, device, other] of [
        [this.#server, `${this.#cable}s`, CLIENT_ADDRESS],
        [this.#client, `${this.#cable}c`, SERVER_ADDRESS],
      ] as const
    ) {
      // To a card that does not exist.
      await ip(
        ...["-n", name, "neighbour"],
        ...(isOpen
          ? ["del", other, "dev", device]
          : ["replace", other, "lladdr", "02:00:00:00:00:99", "dev", device, "nud", "permanent"]),
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [this.#server, this.#client]) await ip("netns", "del", name).catch(() => {});
  }
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args }).output();
  assert.ok(success, `ip ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
