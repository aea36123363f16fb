import assert from "node:assert/strict";
import {
  bashReplacements,
  quoteForBash,
  readBashLine,
} from "../../../../src/cli/completion/bash_line.ts";

Deno.test("readBashLine() reads words as bash does", () => {
  const cases: [line: string, before: string[], current: string, quote?: string][] = [
    ["ec2-connect ", ["ec2-connect"], ""],
    ["ec2-connect con", ["ec2-connect"], "con"],
    ["ec2-connect connect my\\ w", ["ec2-connect", "connect"], "my w"],
    ['ec2-connect "connect" "my w', ["ec2-connect", "connect"], "my w", '"'],
    ["ec2-connect 'a\\' 'it'\\''s", ["ec2-connect", "a\\"], "it's", "'"],
    ['ec2-connect "a\\$b\\n', ["ec2-connect"], "a$b\\n", '"'],
    ["ec2-connect '' ", ["ec2-connect", ""], ""],
    ["A=1 B=2 ec2-connect tag:a=b", ["ec2-connect"], "tag:a=b"],
    ["cd /tmp; ec2-connect list | grep ", ["grep"], ""],
    ["true && ec2-connect li", ["ec2-connect"], "li"],
    ["ec2-connect list 2>/dev/null >out --all", ["ec2-connect", "list"], "--all"],
    ["ec2-connect list 2>&1 --a", ["ec2-connect", "list"], "--a"],
    ["ec2-connect a\\", ["ec2-connect"], "a"],
  ];
  for (const [line, before, value, quote = ""] of cases) {
    const read = readBashLine(line);
    assert.deepEqual([read.before, read.current], [before, { value, quote }], line);
  }
});

Deno.test("readBashLine() tells a redirection's file", () => {
  assert.equal(readBashLine("ec2-connect list >").isRedirection, true);
  assert.equal(readBashLine("ec2-connect list > fi").isRedirection, true);
  assert.equal(readBashLine("ec2-connect list > file ").isRedirection, false);
});

Deno.test("bashReplacements() goes on from where bash cuts the word", () => {
  const replace = (line: string, replaced: string, candidate: string) =>
    bashReplacements({ line, replaced })(candidate);
  // Bash cuts at `:` and `=`, and after a quote that is open.
  assert.equal(replace("ec2-connect connect tag:Na", "Na", "tag:Name=my web"), "Name=my\\ web");
  assert.equal(replace("ec2-connect connect tag:Name=my", "my", "tag:Name=my web"), "my\\ web");
  assert.equal(replace("ec2-connect --region=eu", "eu", "--region=eu-west-1"), "eu-west-1");
  assert.equal(replace('ec2-connect connect "my w', "my w", 'my w"x"'), 'my w\\"x\\""');
  assert.equal(replace("ec2-connect connect 'it", "it", "it's"), "it'\\''s");
  assert.equal(replace("ec2-connect connect my\\ w", "my\\ w", "my web"), "my\\ web");
  assert.equal(replace("ec2-connect connect tag:x", "x", "web"), undefined);
});

Deno.test("quoteForBash() gives back what bash reads as the text itself", async () => {
  const texts = [
    "plain-1.2/3",
    "my web",
    "it's",
    'say "hi"',
    "a$(touch pwned)b",
    "back`tick`",
    "back\\slash",
    "star*?[a]{b,c}",
    "semi;colon&|<>()",
    "~tilde",
    "#hash",
    "bang!",
    "ünï cöde",
    "!",
    "'",
    '"',
    "=x,y@z:%+",
  ];
  for (const text of texts) {
    const quotes = ["", "'", '"'] as const;
    for (const quote of quotes) {
      const inserted = quoteForBash(text, quote);
      // As readline ends it: with the quote, unless it is there.
      const ended = quote + inserted + (inserted.endsWith(quote) ? "" : quote);
      const { before } = readBashLine(`${ended} `);
      assert.deepEqual(before, [text], `${quote} ${text}`);
      const { stdout, success } = await new Deno.Command("/bin/sh", {
        args: ["-c", `printf %s ${ended}`],
      }).output();
      assert.ok(success, ended);
      assert.equal(new TextDecoder().decode(stdout), text, ended);
    }
  }
});
