/**
 * Choosing among all instances, with AWS and terminal as scripts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type AgentReport,
  type Instance,
  type ListedInstance,
  readInstanceCache,
  writeInstanceCache,
} from "../../../../src/aws/mod.ts";
import { pickAmong, pickOfAll } from "../../../../src/cli/pick/pick_instances.ts";
import type { PickerSources } from "../../../../src/cli/pick/instance_picker.ts";
import { Stopped } from "../../../../src/cli/stop.ts";
import { AppError } from "../../../../src/errors/mod.ts";
import { fakeContext, FakeIo, refusal } from "../../../support/fake_io.ts";
import { fakeInstance } from "../../../support/fake_tunnels.ts";
import { ScriptedTerminal } from "../../../support/scripted_terminal.ts";

const WEB = fakeInstance({ instanceId: "i-1", name: "web" });
const DB = fakeInstance({ instanceId: "i-2", name: "db" });
const REMEMBERED: ListedInstance = {
  instanceId: "i-0",
  name: "remembered",
  state: "running",
  ping: "online",
  platform: "linux",
  privateIp: undefined,
  privateDns: undefined,
};

/** Pages that a test hands out one by one. */
class Pages<T> {
  readonly #queue: T[][] = [];
  #wake = Promise.withResolvers<void>();
  #end: { error?: unknown } | undefined;

  give(...items: T[]): void {
    this.#queue.push(items);
    this.#wake.resolve();
  }

  end(error?: unknown): void {
    this.#end = error === undefined ? {} : { error };
    this.#wake.resolve();
  }

  async *read(signal: AbortSignal): AsyncGenerator<T[]> {
    signal.addEventListener("abort", () => this.end(signal.reason));
    for (;;) {
      const page = this.#queue.shift();
      if (page !== undefined) yield page;
      else if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return;
      } else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    }
  }
}

class Stage implements AsyncDisposable {
  readonly io = new FakeIo({ isTerminal: true });
  readonly instances = new Pages<Instance>();
  readonly agents = new Pages<AgentReport>();
  readonly calls: string[] = [];
  readonly key = Promise.withResolvers<string>();
  readonly terminal = new ScriptedTerminal([this.key.promise]);
  lastUsed = new Map<string, number>();
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "list.json");
  }

  static async open(remembered?: ListedInstance[]): Promise<Stage> {
    const stage = new Stage(await Deno.makeTempDir());
    if (remembered !== undefined) {
      const atMs = stage.io.clock.epochMs() - 60_000;
      await writeInstanceCache(stage.path, { atMs, instances: remembered });
    }
    return stage;
  }

  readonly sources: PickerSources = {
    region: () => Promise.resolve("us-east-1"),
    credentials: () => {
      this.calls.push(`credentials, ${this.terminal.written === "" ? "before" : "after"} the list`);
      return Promise.resolve();
    },
    cachePath: () => Promise.resolve(this.path),
    lastUsed: () => Promise.resolve(this.lastUsed),
    instancePages: (signal) => this.instances.read(signal),
    agentPings: (signal) => this.agents.read(signal),
  };

  pick(options: { isMulti?: boolean } = {}) {
    const context = fakeContext(this.io);
    const picking = pickOfAll({ question: "Connect to", isMulti: options.isMulti ?? false }, {
      sources: this.sources,
      context,
      terminal: this.terminal,
    }).finally(() => context[Symbol.dispose]());
    picking.catch(() => {});
    return picking;
  }

  /** Waits until what was drawn last fits. */
  async shows(pattern: RegExp): Promise<void> {
    for (let tries = 0; !pattern.test(this.lastFrame); tries++) {
      if (tries === 1000) throw new Error(`no ${pattern} in: ${this.lastFrame}`);
      this.io.clock.advance(150);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** Names and agents of the file, as soon as `name` is in it. */
  async remembers(name: string): Promise<[string | undefined, string][]> {
    for (let tries = 0; tries < 1000; tries++) {
      const { instances = [] } = await readInstanceCache(this.path) ?? {};
      if (instances.some((each) => each.name === name)) {
        return instances.map((each) => [each.name, each.ping]);
      }
    }
    throw new Error(`"${name}" is not remembered`);
  }

  get lastFrame(): string {
    // deno-lint-ignore no-control-regex -- what is drawn is full of them.
    return this.terminal.written.split("\x1b[H").at(-1)!.replace(/\x1b\[[\d;?]*[A-Za-z]|\r/g, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A test that has failed leaves its question open, and the next one would wait for its turn.
    this.key.resolve("\x03");
    await Deno.remove(this.#folder, { recursive: true });
  }
}

Deno.test("pages are shown as they come, and the whole list is remembered", async () => {
  await using stage = await Stage.open();
  const picking = stage.pick();
  await stage.shows(/looking…/);
  assert.deepEqual(stage.calls, ["credentials, before the list"]);
  stage.instances.give(WEB);
  await stage.shows(/^> web .*running {2}- /m);
  stage.agents.give({ instanceId: "i-1", ping: "online" });
  await stage.shows(/^> web .*online/m);
  stage.instances.give(DB);
  await stage.shows(/^> db .*\n {2}web /m);
  stage.instances.end();
  await stage.shows(/^2, asking for agents…/m);
  stage.agents.end();
  await stage.shows(/^2\s*$/m);
  await stage.shows(/no agent/);
  stage.key.resolve("web\r");
  assert.deepEqual(await picking, [{ instanceId: "i-1", name: "web" }]);
  assert.match(await stage.io.stderr(), /^Chosen: web \(i-1\)$/m);
  assert.deepEqual(await stage.remembers("db"), [["web", "online"], ["db", "none"]]);
});

Deno.test("what is remembered can be chosen before anybody has answered", async () => {
  await using stage = await Stage.open([REMEMBERED]);
  const picking = stage.pick();
  await stage.shows(/^> remembered /m);
  assert.match(stage.lastFrame, /as of 1m 00s ago, looking again…/);
  stage.key.resolve("\r");
  assert.deepEqual(await picking, [{ instanceId: "i-0", name: "remembered" }]);
  assert.deepEqual(stage.calls, [], "nobody waited for credentials");
});

Deno.test("a list whose refresh fails can be chosen from, and says why it is old", async () => {
  await using stage = await Stage.open([REMEMBERED]);
  const picking = stage.pick();
  stage.instances.end(new AppError("auth", "Cannot list: denied\x1b[2J"));
  await stage.shows(/as of 1m 00s ago: Cannot list: denied\\x1b\[2J/);
  stage.key.resolve("\r");
  assert.equal((await picking)[0]?.instanceId, "i-0");
  assert.equal((await readInstanceCache(stage.path))?.instances[0]?.name, "remembered");
});

Deno.test("with nothing to show a failure is the command's", async () => {
  await using stage = await Stage.open();
  stage.instances.end(new AppError("auth", "Cannot list: denied"));
  const error = await refusal(() => stage.pick());
  assert.equal(error.exitCode, 4);
  assert.ok(stage.terminal.isRestored);
});

Deno.test("a region without instances says so", async () => {
  await using stage = await Stage.open([REMEMBERED]);
  stage.instances.end();
  const error = await refusal(async () => {
    const picking = stage.pick();
    await stage.shows(/./);
    stage.io.clock.advance(150);
    await picking;
  });
  assert.equal(error.kind, "target");
  assert.equal(
    error.message,
    "Cannot choose an instance: there is none in region us-east-1",
  );
});

Deno.test("EC2's list is read to its end after the choice, for the next time", async () => {
  await using stage = await Stage.open([REMEMBERED]);
  const picking = stage.pick();
  await stage.shows(/remembered/);
  stage.key.resolve("\r");
  await picking;
  stage.instances.give({ ...WEB, instanceId: "i-0", name: "renamed" });
  stage.instances.end();
  assert.deepEqual(await stage.remembers("renamed"), [["renamed", "online"]]);
  assert.deepEqual(stage.io.clock.delays, [], "no timer is left");
});

Deno.test("leaving is Ctrl-C", async () => {
  await using stage = await Stage.open([REMEMBERED]);
  const picking = stage.pick();
  stage.key.resolve("\x03");
  await assert.rejects(picking, (error) => error instanceof Stopped && error.exitCode === 130);
});

Deno.test("several are chosen, the last used first", async () => {
  await using stage = await Stage.open([REMEMBERED, {
    ...REMEMBERED,
    instanceId: "i-9",
    name: "z",
  }]);
  stage.lastUsed.set("i-9", 5);
  const picking = stage.pick({ isMulti: true });
  await stage.shows(/^> {3}z /m);
  stage.key.resolve("\t\t\r");
  assert.deepEqual((await picking).map(({ instanceId }) => instanceId), ["i-9", "i-0"]);
});

Deno.test("one of a few is chosen without asking AWS", async () => {
  await using stage = await Stage.open();
  using context = fakeContext(stage.io);
  const picking = pickAmong([WEB, DB], {
    question: "Several instances fit. Connect to",
    sources: stage.sources,
    context,
    terminal: stage.terminal,
  });
  await stage.shows(/^Several instances fit\. Connect to: .*\n.*\n> db /m);
  stage.key.resolve("\r");
  assert.deepEqual(await picking, { instanceId: "i-2", name: "db" });
});
