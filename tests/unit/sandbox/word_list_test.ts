import assert from "node:assert/strict";
import fc from "fast-check";
import { splitWords } from "../../../src/sandbox/agent/word_list.ts";

for (
  const [line, words] of [
    ["", []],
    ["  ls\t-l \n", ["ls", "-l"]],
    [`echo "a b" 'c "d"' e\\ f`, ["echo", "a b", 'c "d"', "e f"]],
    [`a"b"'c'd`, ["abcd"]],
    [`'' ""`, ["", ""]],
    [`echo # the rest\nnext a#b`, ["echo", "next", "a#b"]],
    ["echo $HOME; ls | wc > x", ["echo", "$HOME;", "ls", "|", "wc", ">", "x"]],
  ] as const
) {
  Deno.test(`splitWords() ${JSON.stringify(line)}`, () => {
    assert.deepEqual(splitWords(line), words);
  });
}

for (const line of ["echo 'a", 'echo "a', "echo \\", 'echo "a\\']) {
  Deno.test(`splitWords() refuses ${JSON.stringify(line)}`, () => {
    assert.throws(() => splitWords(line), /^Error: EOF found/);
  });
}

Deno.test("splitWords() gives back words that a shell's single quotes protect (property)", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "binary" })), (words) => {
    const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    assert.deepEqual(splitWords(line), words);
  }));
});
