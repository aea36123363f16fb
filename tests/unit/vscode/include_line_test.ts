import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addInclude,
  hasInclude,
  includeLine,
  removeInclude,
} from "../../../src/vscode/include_line.ts";
import { refusal } from "../../support/fake_io.ts";

const OURS = "/home/me/.ssh/ec2-connect.config";
const USER = "/home/me/.ssh/config";
const BOM = "\xef\xbb\xbf";

/** Lines of every kind, in bytes. */
const line = fc.oneof(
  fc.constantFrom(
    "",
    "   ",
    "\t# a comment",
    "#Include nothing",
    "Host web",
    "host = other",
    'Host "quoted name" !not *',
    "\tHostName=10.0.0.1",
    "  ProxyCommand sh -c 'echo \"'",
    'Match host x exec "true"',
    "Include config.d/*",
    `  Include ~/.ssh/${"x".repeat(300)}`,
    "User l\xe9a",
    "\xff\xfe\x00",
    "IdentityFile C:\\keys\\id",
    "LocalCommand echo \\",
    'NoSuchOption "open',
  ),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) })
    .filter((text) => !/[\n]|host|match|include|user/i.test(text)),
);
const config = fc.record({
  mark: fc.constantFrom("", BOM),
  lines: fc.array(line, { maxLength: 12 }),
  end: fc.constantFrom("\n", "\r\n"),
  isEnded: fc.boolean(),
}).map(({ mark, lines, end, isEnded }) =>
  mark + lines.join(end) + (isEnded && lines.length > 0 ? end : "")
);

Deno.test("addInclude() puts its lines at the top, and changes no byte of the user's", () => {
  fc.assert(fc.property(config, (text) => {
    const added = addInclude(text, OURS, USER);
    const mark = text.startsWith(BOM) ? BOM : "";
    assert.ok(added.startsWith(mark) && added.endsWith(text.slice(mark.length)));
    const ours = added.slice(mark.length, added.length - (text.length - mark.length));
    assert.deepEqual(ours.trimEnd().split(/\r?\n/).length, 2);
    assert.ok(hasInclude(added, OURS, USER));
    assert.equal(addInclude(added, OURS, USER), added);
    assert.equal(removeInclude(added, OURS), text);
  }));
});

Deno.test("removeInclude() takes nothing out that addInclude() did not put in", () => {
  fc.assert(fc.property(config, (text) => assert.equal(removeInclude(text, OURS), text)));
  const edited = `Include ${OURS} config.d/*\n# mine\nHost a\n`;
  assert.equal(removeInclude(edited, OURS), edited);
});

Deno.test("addInclude() uses the file's own line ends", () => {
  const added = addInclude("Host a\r\n  User b\r\n", OURS, USER);
  assert.deepEqual(added.match(/[^\r]\n/g), null);
});

Deno.test("an Include behind a Host line does not count, and stays", () => {
  const text = `Host a\n  Include ${OURS}\n`;
  assert.equal(hasInclude(text, OURS, USER), false);
  assert.ok(addInclude(text, OURS, USER).endsWith(text));
});

Deno.test("a line that ssh cannot read either is refused, by file and number", async () => {
  for (const bad of ['Host "open', "Host", "Include ", "Match"]) {
    const error = await refusal(async () => await addInclude(`User me\n${bad}\n`, OURS, USER));
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, `Cannot read line 2 of ${USER}: found "${bad.trim()}"`);
  }
});

Deno.test("includeLine() names any path so that ssh and editors read it", () => {
  const cases: [string, string][] = [
    ["/home/me/.ssh/x", "Include /home/me/.ssh/x"],
    ["/home/me too/.ssh/x", 'Include "/home/me too/.ssh/x"'],
    ["/home/a*b?c[d]/%h/$x", "Include /home/a?b?c?d?/?h/?x"],
    ["C:\\Users\\me\\.ssh\\x", "Include C:/Users/me/.ssh/x"],
  ];
  for (const [path, wanted] of cases) {
    assert.equal(includeLine(path), wanted);
    assert.ok(hasInclude(addInclude("", path, USER), path, USER), path);
  }
});
