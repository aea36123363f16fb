import assert from "node:assert/strict";
import {
  cacheFolder,
  configFolder,
  dataFolder,
  type PathFacts,
  stateFolder,
} from "../../../src/platform/mod.ts";

Deno.test("configFolder() follows XDG on POSIX systems and %APPDATA% on Windows", () => {
  const cases: [PathFacts, string | undefined][] = [
    [{ os: "linux", env: { HOME: "/home/a" } }, "/home/a/.config/ec2-connect"],
    [{ os: "darwin", env: { HOME: "/Users/a" } }, "/Users/a/.config/ec2-connect"],
    [{ os: "linux", env: { HOME: "/home/a", XDG_CONFIG_HOME: "/x" } }, "/x/ec2-connect"],
    [
      { os: "linux", env: { HOME: "/home/a", XDG_CONFIG_HOME: "relative" } },
      "/home/a/.config/ec2-connect",
    ],
    [{ os: "linux", env: {} }, undefined],
    [{ os: "linux", env: { HOME: "" } }, undefined],
    [{ os: "windows", env: { APPDATA: "C:\\A" } }, "C:\\A\\ec2-connect"],
    [{ os: "windows", env: { HOME: "/home/a" } }, undefined],
  ];
  for (const [facts, wanted] of cases) {
    assert.equal(configFolder(facts), wanted, JSON.stringify(facts));
  }
});

Deno.test("dataFolder() and stateFolder() are apart, each where its system keeps such files", () => {
  const cases: [PathFacts, data: string | undefined, state: string | undefined][] = [
    [
      { os: "linux", env: { HOME: "/home/a" } },
      "/home/a/.local/share/ec2-connect",
      "/home/a/.local/state/ec2-connect",
    ],
    [
      { os: "linux", env: { XDG_DATA_HOME: "/d", XDG_STATE_HOME: "/s" } },
      "/d/ec2-connect",
      "/s/ec2-connect",
    ],
    [{ os: "linux", env: { XDG_DATA_HOME: "d" } }, undefined, undefined],
    [
      { os: "windows", env: { LOCALAPPDATA: "C:\\L", APPDATA: "C:\\A" } },
      "C:\\L\\ec2-connect",
      "C:\\L\\ec2-connect\\state",
    ],
    [{ os: "windows", env: { APPDATA: "C:\\A" } }, undefined, undefined],
  ];
  for (const [facts, data, state] of cases) {
    assert.deepEqual([dataFolder(facts), stateFolder(facts)], [data, state], JSON.stringify(facts));
  }
});

Deno.test("cacheFolder() is apart from what must be kept", () => {
  const cases: [PathFacts, string | undefined][] = [
    [{ os: "linux", env: { HOME: "/home/a" } }, "/home/a/.cache/ec2-connect"],
    [{ os: "darwin", env: { HOME: "/Users/a" } }, "/Users/a/.cache/ec2-connect"],
    [{ os: "darwin", env: { HOME: "/Users/a", XDG_CACHE_HOME: "/c" } }, "/c/ec2-connect"],
    [{ os: "windows", env: { LOCALAPPDATA: "C:\\L", HOME: "/c/a" } }, "C:\\L\\ec2-connect"],
    [{ os: "windows", env: {} }, undefined],
  ];
  for (const [facts, wanted] of cases) {
    assert.equal(cacheFolder(facts), wanted, JSON.stringify(facts));
  }
});
