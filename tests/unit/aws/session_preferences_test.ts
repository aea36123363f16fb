import assert from "node:assert/strict";
import { DEFAULT_LIMITS, limitsOf } from "../../../src/aws/session_preferences.ts";

const CASES: [what: string, content: string | undefined, idle?: number, max?: number][] = [
  ["both limits", '{"inputs": {"idleSessionTimeout": "15", "maxSessionDuration": "60"}}', 15, 60],
  ["empty is none", '{"inputs": {"idleSessionTimeout": "", "maxSessionDuration": ""}}', 20],
  ["not saved at all", '{"inputs": {}}', 20],
  ["numbers in place of text", '{"inputs": {"idleSessionTimeout": 5}}', 5],
  ["nonsense", '{"inputs": {"idleSessionTimeout": "soon", "maxSessionDuration": -1}}', 20],
  ["no inputs", "[]", 20],
  ["no JSON", "{", 20],
  ["no content", undefined, 20],
];

for (const [what, content, idleTimeoutMin, maxDurationMin] of CASES) {
  Deno.test(`limitsOf(): ${what}`, () => {
    assert.deepEqual(limitsOf(content), { idleTimeoutMin, maxDurationMin });
  });
}

Deno.test("an account that saved nothing has the documented idle timeout", () => {
  assert.deepEqual(DEFAULT_LIMITS, { idleTimeoutMin: 20, maxDurationMin: undefined });
});
