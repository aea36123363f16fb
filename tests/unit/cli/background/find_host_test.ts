import assert from "node:assert/strict";
import {
  type FindHostOptions,
  requireBackgroundHost,
} from "../../../../src/cli/background/find_host.ts";
import { Host, SessionRegistry } from "../../../../src/session/host/mod.ts";
import { FakeClock } from "../../../support/fake_clock.ts";
import { refusal } from "../../../support/fake_io.ts";

/** A state folder in which a host can be started without a process. */
class Stage implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly folder: string;
  readonly hosts: Host[] = [];
  started = 0;
  kills = 0;
  /** What the started process does; its first line. */
  onStart: () => Promise<string | undefined> = async () => {
    await this.serve();
    return "ready";
  };

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Stage> {
    return new Stage(await Deno.makeTempDir({ prefix: "ec2-connect-find-" }));
  }

  get options(): FindHostOptions {
    return {
      stateFolder: this.folder,
      clock: this.clock,
      start: () => {
        this.started++;
        return { firstLine: this.onStart(), kill: () => this.kills++ };
      },
    };
  }

  async serve(): Promise<Host> {
    const host = await Host.serve({
      sessions: new SessionRegistry(),
      stateFolder: this.folder,
      version: "0",
      background: true,
      clock: this.clock,
    });
    this.hosts.push(host);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.hosts) await host[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("several that want the background host at a time start one", async () => {
  await using stage = await Stage.open();
  const found = await Promise.all(
    Array.from({ length: 5 }, () => requireBackgroundHost(stage.options)),
  );
  assert.equal(stage.started, 1);
  assert.equal(new Set(found.map(({ port }) => port)).size, 1);
});

Deno.test("one that is ending is waited for, and another takes its place", async () => {
  await using stage = await Stage.open();
  const old = await stage.serve();
  old.beginEnd();
  const finding = requireBackgroundHost(stage.options);
  await stage.clock.scheduled(100);
  assert.equal(stage.started, 0);
  await old[Symbol.asyncDispose]();
  stage.clock.advance(100);
  assert.notEqual((await finding).port, old.port);
  assert.equal(stage.started, 1);
});

Deno.test("a host that does not start is an error that names its log", async () => {
  await using stage = await Stage.open();
  const cases: [Stage["onStart"], RegExp][] = [
    [() => Promise.resolve(undefined), /: it ended at once$/],
    [() => Promise.resolve("ready"), /: it has ended again$/],
  ];
  for (const [onStart, message] of cases) {
    stage.onStart = onStart;
    const error = await refusal(() => requireBackgroundHost(stage.options));
    assert.equal(error.exitCode, 5);
    assert.match(error.message, message);
    assert.match(error.hint!, /background\.log, or connect in the foreground$/);
  }
  stage.onStart = () => new Promise(() => {});
  const late = refusal(() => requireBackgroundHost(stage.options));
  await stage.clock.scheduled(60_000);
  stage.clock.advance(60_000);
  assert.match((await late).message, /not ready within 60 s$/);
  assert.equal(stage.kills, 1);
  const start = () => {
    throw new Deno.errors.NotCapable("no shell");
  };
  const refused = await refusal(() => requireBackgroundHost({ ...stage.options, start }));
  assert.match(refused.message, /: no shell$/);
});
