import assert from "node:assert/strict";
import { UserHosts } from "../../../src/vscode/user_hosts.ts";

/** A home whose `.ssh` has these files. */
async function read(files: Record<string, string>): Promise<UserHosts> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/.ssh/config.d`, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${home}/.ssh/${name}`, text.replaceAll("HOME", home));
    }
    const except = `${home}/.ssh/ec2-connect.config`;
    return await UserHosts.read(`${home}/.ssh/config`, { home, except });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a name is the user's by name or by pattern, but not by a pattern for all", async () => {
  const hosts = await read({
    config: 'Host web "db 1" api-* !api-9\nhost=eq\nHost *\n  User all\nMatch host m1\n',
  });
  for (
    const [name, isTheirs, isExact] of [
      ["web", true, true],
      ["WEB", true, true],
      ["db 1", true, true],
      ["api-3", true, false],
      ["api-9", false, false],
      ["eq", true, true],
      ["webx", false, false],
      ["m1", false, false],
    ] as const
  ) {
    assert.deepEqual([hosts.names(name), hosts.namesExactly(name)], [isTheirs, isExact], name);
  }
});

Deno.test("included files count, however they are named; ours does not", async () => {
  const hosts = await read({
    config: "Include config.d/* ~/.ssh/one\nInclude HOME/.ssh/t[wx]o nothing/*/here\n",
    "config.d/a": "Host a\nInclude deeper\n",
    "config.d/.hidden": "Host hidden\n",
    deeper: "Host deep\n",
    one: "Host one\n",
    two: "Host two\nInclude ec2-connect.config\n",
    "ec2-connect.config": "Host ours\n",
  });
  for (const name of ["a", "deep", "one", "two"]) assert.ok(hosts.names(name), name);
  for (const name of ["hidden", "ours"]) assert.ok(!hosts.names(name), name);
});

Deno.test("files that include each other are read to a depth that ends", async () => {
  const hosts = await read({ config: "Include other\n", other: "Host loop\nInclude config\n" });
  assert.ok(hosts.names("loop"));
});

Deno.test("the user of a name is the first that holds for it", async () => {
  const hosts = await read({
    config: "Host web\n  User deploy\nMatch user x\n  User no\nHost *\nInclude more\n User last\n",
    more: "Host api\nUser included\n",
  });
  assert.equal(hosts.userOf(["web", "i-1"]), "deploy");
  assert.equal(hosts.userOf(["i-1", "web"]), "deploy");
  assert.equal(hosts.userOf(["api"]), "included");
  assert.equal(hosts.userOf(["other"]), "last");
  assert.equal((await read({ config: "Host a\nUser b\n" })).userOf(["c"]), undefined);
  assert.equal((await read({})).userOf(["c"]), undefined);
});
