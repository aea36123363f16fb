import assert from "node:assert/strict";
import type { ConnectLine } from "../../../../src/cli/commands/connect.ts";
import { completeOptions, presetForwards } from "../../../../src/cli/presets/apply.ts";
import { presetOf } from "../../../../src/cli/presets/save.ts";
import type { Connection } from "../../../../src/config/mod.ts";
import type { Forward } from "../../../../src/session/mod.ts";
import { refusal } from "../../../support/fake_io.ts";

/** A command line that says nothing but INSTANCE. */
function line(partial: Partial<ConnectLine> = {}): ConnectLine {
  return {
    instance: "db",
    mayBePreset: true,
    forwards: undefined,
    single: {},
    reason: undefined,
    reconnect: undefined,
    priority: undefined,
    keepAlive: undefined,
    save: undefined,
    precheck: false,
    diagnose: true,
    background: false,
    aws: { profile: undefined, region: undefined, endpointUrl: undefined },
    command: undefined,
    ...partial,
  };
}

const DB: Connection = {
  instance: "tag:role=db",
  local_port: 5432,
  remote_port: 5433,
  remote_host: "db.internal",
  bind: "localhost",
  profile: "prod",
  region: "eu-west-1",
  priority: "high",
  keep_alive: "never",
  reason: "CHG 1",
  reconnect: false,
};
const WEB: Connection = {
  instance: "web",
  forwards: [{ local_port: 8080, remote_port: 80 }, { local_port: 8443, remote_port: 443 }],
};
const CONNECTIONS = { db: DB, web: WEB };
const DB_FORWARD: Forward = {
  bind: "127.0.0.1",
  localPort: 5432,
  remoteHost: "db.internal",
  remotePort: 5433,
};

const complete = (partial: Partial<ConnectLine> = {}) =>
  completeOptions(line(partial), { connections: CONNECTIONS });

Deno.test("a preset says everything that the command line does not", () => {
  const options = complete({ precheck: true, background: true, command: ["psql"] });
  assert.deepEqual(options, {
    instance: "tag:role=db",
    preset: "db",
    forwards: [DB_FORWARD],
    reason: "CHG 1",
    reconnect: false,
    priority: "high",
    keepAlive: "never",
    precheck: true,
    diagnose: true,
    background: true,
    aws: { profile: "prod", region: "eu-west-1", endpointUrl: undefined },
    command: ["psql"],
  });
});

Deno.test("an option comes before the preset, and changes nothing else", () => {
  const none = complete();
  const cases: [Partial<ConnectLine>, Partial<ReturnType<typeof complete>>][] = [
    [{ single: { localPort: 0 } }, { forwards: [{ ...DB_FORWARD, localPort: 0 }] }],
    [{ single: { remotePort: 22 } }, { forwards: [{ ...DB_FORWARD, remotePort: 22 }] }],
    [{ single: { remoteHost: "h" } }, { forwards: [{ ...DB_FORWARD, remoteHost: "h" }] }],
    [{ single: { bind: "::1" } }, { forwards: [{ ...DB_FORWARD, bind: "::1" }] }],
    [
      { forwards: [{ bind: "127.0.0.1", localPort: 1, remotePort: 2 }] },
      { forwards: [{ bind: "127.0.0.1", localPort: 1, remotePort: 2 }] },
    ],
    [{ reason: "CHG 2" }, { reason: "CHG 2" }],
    [{ reconnect: true }, { reconnect: true }],
    [{ priority: "normal" }, { priority: "normal" }],
    [{ keepAlive: "always" }, { keepAlive: "always" }],
    [
      { aws: { profile: "p", region: undefined, endpointUrl: "http://h:1" } },
      { aws: { profile: "p", region: "eu-west-1", endpointUrl: "http://h:1" } },
    ],
    [
      { aws: { profile: undefined, region: "us-east-1", endpointUrl: undefined } },
      { aws: { profile: "prod", region: "us-east-1", endpointUrl: undefined } },
    ],
  ];
  for (const [given, changed] of cases) {
    assert.deepEqual(complete(given), { ...none, ...changed }, JSON.stringify(given));
  }
});

Deno.test("without a preset of the name, INSTANCE is an instance and the defaults hold", () => {
  for (const instance of ["nosuch", "constructor", "tag:role=db", undefined]) {
    const { forwards, preset, ...rest } = complete({ instance });
    assert.deepEqual(rest.instance, instance);
    assert.deepEqual(preset, undefined);
    assert.deepEqual(forwards, [{ bind: "127.0.0.1", localPort: 0, remotePort: 22 }]);
    assert.deepEqual([rest.priority, rest.reconnect], ["normal", true]);
  }
});

Deno.test("--instance-id, and what is written as an id, is never a preset", () => {
  assert.equal(complete({ mayBePreset: false }).instance, "db");
  const id = "i-0123456789abcdef0";
  const options = completeOptions(line({ instance: id }), { connections: { [id]: DB } });
  assert.deepEqual([options.instance, options.preset], [id, undefined]);
});

Deno.test("several forwards: --bind moves all of them, one port cannot be changed alone", async () => {
  const { forwards } = complete({ instance: "web", single: { bind: "::1" } });
  assert.deepEqual(forwards, [
    { bind: "::1", localPort: 8080, remotePort: 80 },
    { bind: "::1", localPort: 8443, remotePort: 443 },
  ]);
  const error = await refusal(() => complete({ instance: "web", single: { localPort: 1 } }));
  assert.equal(error.message, 'Cannot use --local-port with preset "web": which is meant?');
  assert.deepEqual([error.why, error.exitCode], ["The preset has 2 forwards", 2]);
  assert.match(error.hint!, /-L, which replaces/);
});

Deno.test("a preset that cannot be used is refused by the name of its setting", async () => {
  const cases: [Connection, RegExp][] = [
    [{ instance: "i-zz" }, /^Invalid connections\.x\.instance: Cannot read INSTANCE "i-zz"/],
    [{ instance: "web", bind: "nowhere" }, /^Cannot read connections\.x\.bind: found "nowhere"$/],
    [
      { instance: "web", forwards: [{}, { remote_host: "a b" }] },
      /^Cannot read connections\.x\.forwards\.1\.remote_host: found "a b"$/,
    ],
    [
      { instance: "web", forwards: [{ local_port: 1 }, { local_port: 1 }] },
      /^Cannot forward 127\.0\.0\.1:1: two forwards want it$/,
    ],
  ];
  for (const [preset, message] of cases) {
    const error = await refusal(() =>
      completeOptions(line({ instance: "x" }), { connections: { x: preset } })
    );
    assert.match(error.message, message);
    assert.deepEqual([error.kind, error.exitCode], ["config", 2]);
  }
});

Deno.test("what is saved of a command line opens the same again", () => {
  const lines: Partial<ConnectLine>[] = [
    { instance: "web-1" },
    { instance: "web-1", single: { localPort: 8080, remotePort: 80 } },
    { instance: "web-1", single: { remoteHost: "db.internal", bind: "0.0.0.0" } },
    { instance: "web-1", reconnect: false, keepAlive: "policy", priority: "low", reason: "x" },
    { instance: "web-1", aws: { profile: "p", region: "r", endpointUrl: undefined } },
    {
      instance: "web-1",
      forwards: [
        { bind: "127.0.0.1", localPort: 0, remotePort: 80 },
        { bind: "::1", localPort: 5432, remoteHost: "db", remotePort: 5432 },
      ],
    },
    // From another preset, with a change.
    { instance: "db", single: { localPort: 1 }, reconnect: true, priority: "normal" },
    { instance: "web" },
  ];
  for (const given of lines) {
    const options = complete(given);
    const saved = presetOf(options);
    const again = completeOptions(line({ instance: "saved" }), { connections: { saved } });
    assert.deepEqual(again, { ...options, preset: "saved" }, JSON.stringify(saved));
  }
});

Deno.test("what is saved leaves out what it need not say, and keeps the description", () => {
  assert.deepEqual(presetOf(complete({ instance: "web-1" }), "the shop"), {
    instance: "web-1",
    description: "the shop",
    remote_port: 22,
  });
  assert.deepEqual(presetForwards({ name: "web", preset: WEB }).length, 2);
});
