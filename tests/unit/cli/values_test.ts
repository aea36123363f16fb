import assert from "node:assert/strict";
import {
  readBindAddress,
  readFormat,
  readLocalPort,
  readReason,
  readRemoteHost,
  readRemotePort,
  readText,
  type ReadValue,
} from "../../../src/cli/values.ts";
import { refusal } from "../../support/fake_io.ts";

/** What each text is read as; `undefined`: refused. */
async function check<T>(read: ReadValue<T>, cases: readonly (readonly [string, T | undefined])[]) {
  for (const [text, wanted] of cases) {
    if (wanted !== undefined) {
      assert.equal(read(text, "--x"), wanted, text);
      continue;
    }
    const error = await refusal(() => read(text, "--x"));
    assert.equal(error.exitCode, 2, text);
    assert.ok(error.message.startsWith('Cannot read --x: found "'), error.message);
    assert.match(error.why ?? "", /^Wanted /);
  }
}

Deno.test("ports are 1 to 65535, and 0 for a local one", async () => {
  const bad = ["", " ", "abc", "-1", "+1", "1.5", "65536", "99999999", "0x50", "80:80", "8 0", "٣"]
    .map((text) => [text, undefined] as const);
  await check(readLocalPort, [["0", 0], ["1", 1], ["65535", 65_535], ["080", 80], ...bad]);
  await check(readRemotePort, [["0", undefined], ["1", 1], ["65535", 65_535], ...bad]);
});

Deno.test("a bind address is an IP address, or one of two words for one", async () => {
  await check(readBindAddress, [
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["localhost", "127.0.0.1"],
    ["*", "0.0.0.0"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["[fe80::1:2]", "fe80::1:2"],
    ["", undefined],
    ["256.0.0.1", undefined],
    ["127.0.0", undefined],
    ["1.2.3.4.", undefined],
    ["myhost", undefined],
    ["::zz", undefined],
    ["fe80::1%eth0", undefined],
  ]);
});

Deno.test("a remote host is a name or an address", async () => {
  await check(readRemoteHost, [
    ["db", "db"],
    ["db.internal", "db.internal"],
    ["my_db-1.internal.", "my_db-1.internal."],
    ["10.0.0.5", "10.0.0.5"],
    ["[fd00::1]", "fd00::1"],
    ["", undefined],
    ["80", undefined],
    ["10.0.0.256", undefined],
    ["a b", undefined],
    ["-x", undefined],
    ["a..b", undefined],
    ["a;b", undefined],
    ["x".repeat(254), undefined],
  ]);
});

Deno.test("text, reason and format", async () => {
  await check(readText, [["a", "a"], ["", undefined], [" ", undefined]]);
  await check(readReason, [
    ["CHG-1", "CHG-1"],
    ["x".repeat(256), "x".repeat(256)],
    ["x".repeat(257), undefined],
    ["", undefined],
  ]);
  await check(readFormat, [["text", "text"], ["json", "json"], ["yaml", undefined], [
    "",
    undefined,
  ]]);
  assert.equal((await refusal(() => readFormat("jsno", "--format"))).hint, "Did you mean json?");
});
