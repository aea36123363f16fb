import assert from "node:assert/strict";
import fc from "fast-check";
import { cutWidth, displayWidth, fitWidth, tailOfWidth } from "../../../src/tui/text_width.ts";

Deno.test("wide characters take two columns, combining marks none, an emoji two as a whole", () => {
  for (
    const [text, width] of [
      ["", 0],
      ["web-1", 5],
      ["数据库", 6],
      ["e\u0301", 1],
      ["🚀", 2],
      ["👩‍👩‍👧‍👦", 2],
      ["🇩🇪", 2],
      ["ｗｅｂ", 6],
    ] as const
  ) assert.equal(displayWidth(text), width, text);
});

Deno.test("a cut never takes half of a character", () => {
  assert.equal(cutWidth("数据库", 4), "数…");
  assert.equal(cutWidth("数据库", 5), "数据…");
  assert.equal(cutWidth("ab👩‍👩‍👧‍👦c", 4), "ab…");
  assert.equal(cutWidth("cafe\u0301s", 5), "cafe\u0301s");
  assert.equal(cutWidth("cafe\u0301s!", 5), "cafe\u0301…");
  assert.equal(cutWidth("web", 1), "…");
  assert.equal(cutWidth("web", 0), "");
  assert.equal(tailOfWidth("what was typed", 6), "…typed");
  assert.equal(tailOfWidth("数据库", 5), "…据库");
});

Deno.test("fitWidth() is exactly as wide as it was asked for, whatever the text", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(text, fc.nat(40), (text, width) => {
    // What the measure itself cannot see is made printable before.
    fc.pre(!/\p{Cc}/u.test(text));
    assert.equal(displayWidth(fitWidth(text, width)), width);
    assert.ok(displayWidth(tailOfWidth(text, width)) <= width);
  }));
});
