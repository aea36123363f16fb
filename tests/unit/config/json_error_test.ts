import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonErrorOffset } from "../../../src/config/json_error.ts";

Deno.test("jsonErrorOffset() points at the first wrong character", () => {
  const cases: [string, number][] = [
    ['{"a": x}', 6],
    ['{"a" 1}', 5],
    ['{"a": 1 "b"}', 8],
    ['{"a": 1,}', 8],
    ["[1 2]", 3],
    ["[1,]", 3],
    ["[1}", 2],
    ["{,}", 1],
    ['{"a": }', 6],
    ["// comment", 0],
    ["{} {}", 3],
    ["01", 0],
    ['"tab\there"', 0],
    ["{", 1],
    ['{"a": [1, 2', 11],
    ['{"a": true}', 11],
  ];
  for (const [text, wanted] of cases) assert.equal(jsonErrorOffset(text), wanted, text);
});

Deno.test("jsonErrorOffset() finds no fault in any JSON, however it is spaced", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 4), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    assert.equal(jsonErrorOffset(text), text.length);
  }));
});

Deno.test("jsonErrorOffset() agrees with the engine on whether a damaged text is JSON", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom("", "}", "]", ",", ":", '"', "x", "1"), (
      text,
      where,
      insert,
    ) => {
      const offset = where % (text.length + 1);
      const damaged = text.slice(0, offset) + insert + text.slice(offset + 1);
      let valid = true;
      try {
        JSON.parse(damaged);
      } catch {
        valid = false;
      }
      const offsetFound = jsonErrorOffset(damaged);
      if (valid) assert.equal(offsetFound, damaged.length);
      // A text can also be broken by being too short, so only one direction holds for the rest.
      if (offsetFound < damaged.length) assert.equal(valid, false);
    }),
  );
});
