import assert from "node:assert/strict";
import { configFolder, type PathFacts } from "../../../src/platform/mod.ts";

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
