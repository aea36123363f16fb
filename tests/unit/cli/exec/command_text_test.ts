import assert from "node:assert/strict";
import fc from "fast-check";
import { commandText } from "../../../../src/cli/exec/command_text.ts";

Deno.test("commandText(): plain words stay as they are", () => {
  assert.equal(commandText(["uname", "-a"]), "uname -a");
  assert.equal(commandText(["tail", "-n5", "/var/log/app-1.log"]), "tail -n5 /var/log/app-1.log");
});

Deno.test("commandText(): of several words each arrives as it is", () => {
  assert.equal(
    commandText(["sh", "-c", "echo $HOME; exit 3"]),
    "sh -c 'echo $HOME; exit 3'",
  );
  assert.equal(commandText(["echo", "it's", ""]), `echo 'it'\\''s' ''`);
  assert.equal(commandText(["grep", "#", "*"]), "grep '#' '*'");
});

Deno.test("commandText(): one word is the user's own line", () => {
  assert.equal(commandText(["ls -l '/opt/My App'"]), "ls -l '/opt/My App'");
});

const POSIX = { ignore: Deno.build.os === "windows" };

Deno.test("commandText(): a real shell splits it into the same words", POSIX, async () => {
  const word = fc.string({ unit: "binary", maxLength: 12 })
    .map((text) => text.replaceAll("\0", ""))
    .filter((text) => text.isWellFormed());
  const words = fc.array(word, { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(words, async (words) => {
      const line = `printf '%s\\0' ${commandText(words)}`;
      const { stdout } = await new Deno.Command("/bin/sh", { args: ["-c", line] }).output();
      assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
    }),
    { numRuns: 40 },
  );
});
