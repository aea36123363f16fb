/**
 * Presets and groups of the configuration, with the real command.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Child, CommandResult } from "../support/command.ts";
import { echo, fetchPage, jsonError, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

type Table = Record<string, unknown>;

/** A world with a configuration file. */
class Desk implements AsyncDisposable {
  readonly world: World;
  readonly file: string;

  private constructor(world: World) {
    this.world = world;
    this.file = join(world.path, ".config", "ec2-connect", "config.json");
  }

  static async open(settings: (desk: Desk) => Table = () => ({})): Promise<Desk> {
    const desk = new Desk(await World.open());
    await desk.configure(settings(desk));
    return desk;
  }

  /** Port of one of the services behind the instances. */
  port(service: "echo" | "http"): number {
    return Number(this.world.service(service));
  }

  async configure(settings: Table): Promise<void> {
    await Deno.mkdir(join(this.file, ".."), { recursive: true });
    await Deno.writeTextFile(this.file, JSON.stringify(settings));
  }

  run(...args: string[]): Promise<CommandResult> {
    return this.world.run(args);
  }

  /** The result of a command that succeeds, as JSON. */
  // deno-lint-ignore no-explicit-any
  async json(...args: string[]): Promise<any> {
    const result = await this.run(...args, "--format", "json");
    assert.equal(result.code, 0, result.stderr);
    return JSON.parse(result.stdout);
  }

  start(...args: string[]): Child {
    return this.world.start(args);
  }

  async list(): Promise<{ session_id: string; preset: string | null; state: string }[]> {
    return (await this.json("list")).sessions;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}

/** A free port of this machine, a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("connect NAME opens what the preset says; options come first", POSIX_ONLY, async () => {
  const local = freePort();
  await using desk = await Desk.open((desk) => ({
    connections: {
      // Named like another instance: the preset wins.
      "web-1": {
        instance: "tag:Name=web-2",
        local_port: local,
        remote_port: desk.port("http"),
        reason: "of the preset",
      },
    },
  }));
  {
    await using child = desk.start("connect", "web-1", "--format", "json", "-v");
    const ready = await child.event<ReadyEvent & { instance_id: string }>("ready");
    assert.deepEqual(
      [ready.local_port, ready.instance_id],
      [local, desk.world.instanceId("web-2")],
    );
    assert.match(await fetchPage(local), /It works/);
    assert.match(child.stderrSoFar, /debug preset web-1: tag:Name=web-2/);
    assert.deepEqual((await desk.list()).map(({ preset }) => preset), ["web-1"]);
    assert.match((await desk.run("status", "web-1")).stdout, /preset +web-1/);
    assert.equal((await desk.run("terminate", "web-1")).code, 0);
    assert.equal((await child.result()).code, 0);
  }
  await using other = desk.start(
    ...["connect", "web-1", "--local-port", "0", "--remote-port", String(desk.port("echo"))],
    ...["--format", "json", "--reason", "of the line"],
  );
  const ready = await other.event<ReadyEvent>("ready");
  assert.notEqual(ready.local_port, local);
  assert.equal(await echo(ready.local_port, "hello"), "hello");
  await using instance = desk.start("connect", "-i", "web-1", "--format", "json");
  const plain = await instance.event<ReadyEvent & { instance_id: string }>("ready");
  assert.deepEqual(
    [plain.instance_id, plain.remote_port],
    [desk.world.instanceId("web-1"), 22],
  );
});

Deno.test("connect NAME in the background, with a command, and mistyped", POSIX_ONLY, async () => {
  await using desk = await Desk.open((desk) => ({
    connections: { shop: { instance: "web-1", remote_port: desk.port("http") } },
    groups: { day: ["shop"] },
    nosuch: 1,
  }));
  const background = await desk.run("connect", "shop", "--background");
  assert.equal(background.code, 0, background.stderr);
  assert.match(
    background.stdout,
    new RegExp(`^Forwarding 127.0.0.1:\\d+ -> i-\\w+:${desk.port("http")} `),
  );
  assert.equal(background.stderr.match(/Unknown setting nosuch/g)?.length, 1, "told once");
  assert.deepEqual((await desk.list()).map(({ preset }) => preset), ["shop"]);

  const command = await desk.run(
    "connect",
    "shop",
    "--",
    "sh",
    "-c",
    "echo $EC2_CONNECT_LOCAL_PORT",
  );
  assert.match(command.stdout, /^\d+$/);

  for (const where of [[], ["--background"]]) {
    const typo = await desk.run("connect", "shpo", "--format", "json", ...where);
    assert.equal(typo.code, 3);
    assert.equal(jsonError(typo).hint, "Did you mean the preset shop?");
    const group = await desk.run("connect", "day", "--format", "json", ...where);
    assert.match(jsonError(group).hint!, /is a group: ec2-connect up day$/);
  }
});
