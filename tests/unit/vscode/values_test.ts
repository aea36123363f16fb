import assert from "node:assert/strict";
import fc from "fast-check";
import { programOf } from "../../../src/vscode/login_steps.ts";
import { pathValue, proxyCommand } from "../../../src/vscode/values.ts";
import { refusal } from "../../support/fake_io.ts";
import { POSIX_ONLY } from "../../e2e/_world.ts";

/** The words that the shell makes of a line, after ssh has filled in its tokens. */
async function shellWords(line: string): Promise<string[]> {
  const filled = line.replace(/%([%hpr])/g, (_, token) => token === "%" ? "%" : `=${token}`);
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", `printf '%s\\0' ${filled}`],
  }).output();
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

Deno.test("the shell gives a ProxyCommand's words back as they were", POSIX_ONLY, async () => {
  const words = [
    "/opt/ec2 connect/it's/ec2-connect",
    "a;b|c&d>e<f$g`h`(i)*?#!~",
    "100%",
    "%h",
    "\\",
    "ü",
    "--region=us-east-1",
  ];
  assert.deepEqual(await shellWords(proxyCommand(words, "linux")), words);
  const tokens = [{ token: "%h" }, { token: "%p" }, { token: "%r" }] as const;
  assert.deepEqual(await shellWords(proxyCommand(tokens, "linux")), ["=h", "=p", "=r"]);
  assert.equal(
    proxyCommand(["C:\\Program Files\\ec2-connect.exe", "ssh-proxy", { token: "%h" }], "windows"),
    '"C:\\Program Files\\ec2-connect.exe" ssh-proxy %h',
  );
});

Deno.test("programOf() finds the program of any ProxyCommand that is written here", () => {
  const word = fc.string().filter((text) => {
    // deno-lint-ignore no-control-regex -- refused, see below.
    return text !== "" && !/[\x00-\x1f\x7f"]|\$\{/.test(text);
  });
  fc.assert(fc.property(word, (program) => {
    assert.equal(programOf(proxyCommand([program, "ssh-proxy"], "linux")), program);
  }));
});

Deno.test("what cannot be written into an ssh configuration is refused", async () => {
  for (const text of ["a\nHost *", 'a"b', "a${HOME}b", "a\x00b"]) {
    for (
      const write of [
        () => proxyCommand([text], "linux"),
        () => pathValue(text, "linux"),
      ]
    ) {
      const error = await refusal(async () => await write());
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /^Cannot write ".*" into an ssh configuration$/);
    }
  }
});

Deno.test("paths are quoted, and a percent sign is one", () => {
  assert.equal(pathValue("/home/me/.ssh/id", "linux"), "/home/me/.ssh/id");
  assert.equal(pathValue("/home/me too/100%/id", "linux"), '"/home/me too/100%%/id"');
  assert.equal(pathValue("C:\\Users\\me\\id", "windows"), "C:/Users/me/id");
});
