import assert from "node:assert/strict";
import { editDistance, nearestName } from "../../../src/config/nearest.ts";

Deno.test("editDistance() counts insertions, drops, changes and swaps of neighbours", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["connect", "connect", 0],
    ["conect", "connect", 1],
    ["connetc", "connect", 1],
    ["ocnnect", "connect", 1],
    ["kitten", "sitting", 3],
    ["abcd", "", 4],
  ];
  for (const [a, b, wanted] of cases) assert.equal(editDistance(a, b), wanted, `${a} ${b}`);
});

Deno.test("nearestName() finds the slip and refuses the guess", () => {
  const known = ["connect", "sandbox", "--local-port", "--remote-port"];
  const cases: [string, string | undefined][] = [
    ["conect", "connect"],
    ["CONNECT", "connect"],
    ["--locla-port", "--local-port"],
    ["--remote-prot", "--remote-port"],
    ["sandbx", "sandbox"],
    ["tui", undefined],
    ["zzzzzzz", undefined],
  ];
  for (const [typed, wanted] of cases) assert.equal(nearestName(typed, known), wanted, typed);
});
