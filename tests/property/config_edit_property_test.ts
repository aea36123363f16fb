/**
 * Editing any file, however it is spaced and commented: the edit is there, and all else reads as before.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify as toToml } from "smol-toml";
import { stringify as toYaml } from "yaml";
import { editConfigText } from "../../src/config/edit.ts";
import type { ConfigFormat } from "../../src/config/find.ts";
import { parseConfigText } from "../../src/config/formats.ts";
import { type Table, withValue } from "../../src/config/tables.ts";

const name = fc.constantFrom("aws", "db", "web-1", "a.b", "true", "7", "ünï", "x y", "#no", "[t]");
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom("a # b", '"', "'''", '"""', "line\nline", "[x]", "k = 1", "key: v", "- a", "\\"),
);
const scalar = fc.oneof(text, fc.integer({ min: -9999, max: 9999 }), fc.boolean());
const { table } = fc.letrec<{ table: Table; value: unknown }>((tie) => ({
  table: fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(scalar, {
      maxLength: 3,
    }),
    tie("table"),
  ),
}));
const edit = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 3 }),
  value: fc.oneof(scalar, table, fc.array(scalar, { maxLength: 3 }), fc.constant(undefined)),
});

/** Writings of the same table that people have. */
const WRITERS: Record<ConfigFormat, ((table: Table) => string)[]> = {
  json: [
    (table) => JSON.stringify(table),
    (table) => JSON.stringify(table, null, 2) + "\n",
    (table) => JSON.stringify(table, null, "\t").replaceAll("\n", "\r\n") + "\r\n",
  ],
  toml: [(table) => toToml(table), (table) => `# mine\n\n${toToml(table)}\n# end\n`],
  yaml: [
    (table) => toYaml(table),
    (table) => `# mine\n${toYaml(table, { indent: 4 })}# end\n`,
    (table) => toYaml(table, { collectionStyle: "flow" }),
  ],
};

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("an edit changes what it names and nothing else, in any file", async () => {
  let refused = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      table,
      edit,
      fc.constantFrom<ConfigFormat>("json", "toml", "yaml"),
      fc.nat(),
      async (before, edit, format, choice) => {
        const writers = WRITERS[format];
        const text = writers[choice % writers.length]!(before);
        runs++;
        let after: string;
        try {
          after = await editConfigText(text, { file: "f", format, edits: [edit] });
        } catch (error) {
          // Refusing is allowed, and writing something else is not.
          assert.match(String(error), /does not stand there by itself/, text);
          refused++;
          return;
        }
        const wanted = withValue(before, edit.path, edit.value);
        assert.deepEqual(plain(await parseConfigText(after, format)), plain(wanted), text);
        // Comments stay, whatever happens between them.
        for (const comment of ["# mine\n", "# end\n"]) {
          assert.equal(after.includes(comment), text.includes(comment), after);
        }
      },
    ),
    { numRuns: 600 },
  );
  assert.ok(refused < runs / 20, `${refused} of ${runs} were refused`);
});
