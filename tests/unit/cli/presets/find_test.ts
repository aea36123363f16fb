import assert from "node:assert/strict";
import { InstanceNotFoundError } from "../../../../src/aws/mod.ts";
import {
  findPreset,
  orInstanceOfPreset,
  orPresetMeant,
  presetsNamed,
} from "../../../../src/cli/presets/find.ts";
import { AppError } from "../../../../src/errors/mod.ts";
import { refusal } from "../../../support/fake_io.ts";

const PRESETS = {
  connections: { web: { instance: "a" }, db: { instance: "b" }, cache: { instance: "c" } },
  groups: { day: ["web", "db"], night: ["db", "cache"] },
};

const names = (...typed: string[]) => presetsNamed(PRESETS, typed).map(({ name }) => name);

Deno.test("presets and groups are mixed, and each preset comes once", () => {
  assert.deepEqual(names("db"), ["db"]);
  assert.deepEqual(names("day", "night"), ["web", "db", "cache"]);
  assert.deepEqual(names("db", "day", "db"), ["db", "web"]);
});

Deno.test("unknown names are all told, with the nearest ones", async () => {
  const error = await refusal(() => names("web", "nigth", "whatever"));
  assert.equal(error.exitCode, 2);
  assert.equal(
    error.message,
    'Cannot find presets or groups "nigth", "whatever"',
  );
  assert.equal(error.why, "There are: web, db, cache, day, night");
  assert.equal(error.hint, "Did you mean night?");
  const empty = await refusal(() => presetsNamed({ connections: {}, groups: {} }, ["x"]));
  assert.deepEqual(
    [empty.message, empty.why],
    ['Cannot find preset or group "x"', "The configuration has none"],
  );
  assert.match(empty.hint!, /connect --save/);
});

Deno.test("what every object has is no preset and no group", async () => {
  assert.equal(findPreset(PRESETS, "constructor"), undefined);
  await refusal(() => names("__proto__"));
  await refusal(() => names("toString"));
});

Deno.test("where no instance has the name, the nearest preset or the group is named", async () => {
  const hintFor = async (instance: string, mayBePreset = true) => {
    const error = await refusal(() =>
      orPresetMeant(
        () => Promise.reject(new InstanceNotFoundError("none", { why: "w", hint: "h" })),
        { line: { instance, mayBePreset }, settings: { config: PRESETS } },
      )
    );
    assert.deepEqual([error.kind, error.message, error.why], ["target", "none", "w"]);
    return error.hint;
  };
  assert.equal(await hintFor("wbe"), "Did you mean the preset web?");
  assert.equal(await hintFor("day"), '"day" is a group: ec2-connect up day');
  assert.equal(await hintFor("something"), "h");
  assert.equal(await hintFor("wbe", false), "h");
  const other = new AppError("auth", "denied");
  await assert.rejects(
    orPresetMeant(() => Promise.reject(other), {
      line: { instance: "wbe", mayBePreset: true },
      settings: { config: PRESETS },
    }),
    other,
  );
});

Deno.test("a command that takes no presets names the instance of the one that was typed", async () => {
  const settings = { config: PRESETS };
  const missing = new InstanceNotFoundError("none", { why: "w", hint: "h" });
  const refused = (instance: string | undefined, error: AppError = missing) =>
    refusal(() => orInstanceOfPreset(() => Promise.reject(error), { instance, settings }));
  const { kind, why, hint } = await refused("web");
  const expected = `"web" is a preset, for connect and up; its instance: ${
    PRESETS.connections.web!.instance
  }`;
  assert.deepEqual([kind, why, hint], ["target", "w", expected]);
  for (const other of ["day", "constructor", undefined]) {
    assert.equal(await refused(other), missing);
  }
  const denied = new AppError("auth", "denied");
  assert.equal(await refused("web", denied), denied);
  assert.equal(
    await orInstanceOfPreset(() => Promise.resolve(7), { instance: "web", settings }),
    7,
  );
});
