import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type HostBlock,
  hostBlock,
  type HostEntry,
  pushesKey,
  readHostFile,
  settingOf,
  withBlock,
  withoutBlock,
} from "../../../src/vscode/host_file.ts";

const block = (partial: Partial<HostEntry> = {}) =>
  hostBlock({
    aliases: ["web", "i-1"],
    instanceId: "i-1",
    user: "ubuntu",
    identityFile: "/k",
    knownHostsFile: "/known",
    proxyCommand: "/bin/ec2-connect ssh-proxy %h %p",
    ...partial,
  });
const numbered = (number: number, user = "me") =>
  block({ aliases: [`n${number}`, `i-${number}`], instanceId: `i-${number}`, user });

Deno.test("a block says everything that ssh needs", () => {
  assert.equal(
    block().text,
    [
      "Host web i-1",
      "  HostName i-1",
      "  HostKeyAlias i-1",
      "  User ubuntu",
      "  IdentityFile /k",
      "  IdentitiesOnly yes",
      "  StrictHostKeyChecking accept-new",
      "  UserKnownHostsFile /known",
      "  ProxyCommand /bin/ec2-connect ssh-proxy %h %p",
      "",
    ].join("\n"),
  );
  const plain = block({ user: undefined, identityFile: undefined });
  assert.doesNotMatch(plain.text, /User |Identit/);
  assert.deepEqual(
    [settingOf(plain, "User"), settingOf(plain, "HostName"), pushesKey(plain)],
    [undefined, "i-1", false],
  );
  assert.ok(pushesKey(block({ proxyCommand: "x ssh-proxy %h %p --push-key k --user %r" })));
});

Deno.test("the file is its own memory: any order of changes gives the blocks of a map", () => {
  const change = fc.record({
    number: fc.integer({ min: 1, max: 4 }),
    user: fc.constantFrom("a", "b", undefined),
  });
  fc.assert(fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
    let text: string | undefined;
    const model = new Map<number, HostBlock>();
    for (const { number, user } of changes) {
      if (user === undefined) {
        text = text && withoutBlock(text, `i-${number}`);
        model.delete(number);
      } else {
        const next = withBlock(text, numbered(number, user));
        assert.equal(withBlock(next, numbered(number, user)), next);
        text = next;
        model.set(number, numbered(number, user));
      }
      assert.deepEqual(readHostFile(text), [...model.values()]);
      assert.equal(text === undefined, model.size === 0);
    }
  }));
});

Deno.test("a block that is not written anew stays as somebody has edited it", () => {
  const text = withBlock(withBlock(undefined, numbered(1)), numbered(2))
    .replace("  User me\n", "  # by hand\n\tUser somebody\n  Compression yes\n");
  const changed = withBlock(text, numbered(2, "other"));
  assert.equal(changed, text.replace("User me", "User other"));
  assert.equal(withoutBlock(text, "i-3"), text);
});
