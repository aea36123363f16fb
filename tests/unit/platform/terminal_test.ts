import assert from "node:assert/strict";
import { wantsColour } from "../../../src/platform/mod.ts";

Deno.test("wantsColour() only on a terminal, without NO_COLOR, and not on a dumb one", () => {
  const cases: [boolean, Record<string, string>, boolean][] = [
    [true, {}, true],
    [true, { NO_COLOR: "" }, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
    [true, { TERM: "xterm-256color" }, true],
    [false, {}, false],
  ];
  for (const [isTerminal, env, wanted] of cases) {
    assert.equal(wantsColour({ isTerminal, env }), wanted, JSON.stringify({ isTerminal, env }));
  }
});
