import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseAlias, safeName } from "../../../src/vscode/host_alias.ts";

Deno.test("a Name becomes a word that means nothing to ssh or a shell", () => {
  const cases: [string, string | undefined][] = [
    ["web-1", "web-1"],
    ["Web Server (prod)", "Web-Server-prod"],
    ["-oProxyCommand=id", "oProxyCommand-id"],
    ["a\"b'c`d$(id)", "a-b-c-d-id"],
    ["*", undefined],
    ["!web?*", "web"],
    ["web,api#1", "web-api-1"],
    ["Köln/Straße", "Koln-Stra-e"],
    ["日本", undefined],
    ["github.com", "github-com"],
    ["a\nHost *", "a-Host"],
    ["%h", "h"],
    ["i-0123456789abcdef0", undefined],
    ["__x__", "x"],
    ["x".repeat(200), "x".repeat(63)],
  ];
  for (const [name, wanted] of cases) assert.equal(safeName(name), wanted, name);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
    assert.match(safeName(name) ?? "x", /^[A-Za-z0-9](?:[\w-]{0,61}[A-Za-z0-9])?$/);
  }));
});

Deno.test("a name that is taken gets the end of the id; when that is taken too, the id stands alone", () => {
  const instance = { instanceId: "i-0123456789abcdef0", name: "web" };
  const choose = (...taken: string[]) => chooseAlias(instance, (alias) => taken.includes(alias));
  assert.deepEqual(choose(), { alias: "web", refused: undefined });
  assert.deepEqual(choose("web"), { alias: "web-bcdef0", refused: "web" });
  assert.deepEqual(choose("web", "web-bcdef0"), { alias: undefined, refused: "web" });
  assert.deepEqual(
    chooseAlias({ ...instance, name: "LocalHost" }, () => false),
    { alias: "LocalHost-bcdef0", refused: "LocalHost" },
  );
  for (const name of [undefined, "***"]) {
    assert.deepEqual(chooseAlias({ ...instance, name }, () => false), {
      alias: undefined,
      refused: undefined,
    });
  }
});
