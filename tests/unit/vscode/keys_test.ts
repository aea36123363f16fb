/**
 * Keys and known hosts as OpenSSH's own programs see them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { toByteText } from "../../../src/vscode/byte_text.ts";
import { makeKeyPair } from "../../../src/vscode/key_pair.ts";
import { withoutKnownHost } from "../../../src/vscode/known_hosts.ts";
import { needsOpenSsh } from "../../support/ssh_server.ts";

const OPENSSH = needsOpenSsh();

async function keygen(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("ssh-keygen", { args }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return decoder.decode(stdout).trim();
}

Deno.test("ssh-keygen reads a fresh key pair, whose halves belong together", OPENSSH, async () => {
  const folder = await Deno.makeTempDir();
  // The padding depends on the comment's length.
  for (const comment of ["", "a", "ec2-connect", "a comment of 23 letters"]) {
    const { privateKey, publicKey } = makeKeyPair(comment);
    await Deno.writeTextFile(`${folder}/key`, privateKey, { mode: 0o600 });
    await Deno.writeTextFile(`${folder}/key.pub`, publicKey);
    assert.equal(await keygen("-y", "-P", "", "-f", `${folder}/key`), publicKey.trim());
    assert.match(await keygen("-l", "-f", `${folder}/key.pub`), /^256 SHA256:.* \(ED25519\)$/);
    assert.notEqual(makeKeyPair(comment).privateKey, privateKey);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test(
  "a known host is forgotten as ssh-keygen -R would, plain or hashed",
  OPENSSH,
  async () => {
    const folder = await Deno.makeTempDir();
    const key = makeKeyPair("").publicKey.trim().split(" ").slice(0, 2).join(" ");
    const names = ["i-1", "i-2,other", "[i-1]:22", "i-11", "i-3"];
    for (const isHashed of [false, true]) {
      const path = `${folder}/known_hosts`;
      await Deno.writeTextFile(path, names.map((name) => `${name} ${key}\n`).join(""));
      if (isHashed) await keygen("-H", "-f", path);
      const before = toByteText(await Deno.readFile(path));
      for (const name of ["i-1", "other", "nobody"]) {
        await Deno.writeTextFile(path, before);
        const { success } = await new Deno.Command("ssh-keygen", { args: ["-R", name, "-f", path] })
          .output();
        assert.ok(success || name === "nobody");
        const wanted = (await Deno.readTextFile(path)).trimEnd().split("\n");
        assert.deepEqual(withoutKnownHost(before, name).trimEnd().split("\n"), wanted, name);
      }
    }
    assert.equal(withoutKnownHost("# i-1\n@revoked i-1 x\n\n", "i-1"), "# i-1\n\n");
    await Deno.remove(folder, { recursive: true });
  },
);
