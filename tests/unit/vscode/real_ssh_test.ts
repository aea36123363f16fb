/**
 * What the real ssh reads out of the files that are written here, in folders of awkward names.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bytesOf, encoded } from "../../../src/vscode/byte_text.ts";
import { hostBlock, withBlock } from "../../../src/vscode/host_file.ts";
import { addInclude } from "../../../src/vscode/include_line.ts";
import { pathValue, proxyCommand } from "../../../src/vscode/values.ts";
import { needsOpenSsh } from "../../support/ssh_server.ts";

const FOLDERS = [
  "plain",
  "with space",
  "a'b",
  "c#d",
  "100%h",
  "x[y]*?z",
  "Größe",
  "{a,b}",
  "~",
  "=e",
];

async function sshSettings(config: string, host: string): Promise<Map<string, string>> {
  const { success, stdout, stderr } = await new Deno.Command("ssh", {
    args: ["-F", config, "-G", host],
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return new Map(
    decoder.decode(stdout).split("\n").map((line) => {
      const at = line.indexOf(" ");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

for (const name of FOLDERS) {
  Deno.test(`ssh finds everything in a folder called ${name}`, needsOpenSsh(), async () => {
    const root = await Deno.makeTempDir();
    const folder = `${root}/${name}`;
    await Deno.mkdir(folder);
    const [config, hostFile, key] = ["config", "ours.config", "key"].map((each) =>
      `${folder}/${each}`
    ) as [string, string, string];
    const program = `${folder}/ec2-connect`;
    const words = [program, "ssh-proxy", { token: "%h" }, { token: "%p" }] as const;
    const block = hostBlock({
      aliases: ["web", "i-1"],
      instanceId: "i-1",
      user: "me",
      identityFile: pathValue(key, "linux"),
      knownHostsFile: pathValue(`${folder}/known_hosts`, "linux"),
      proxyCommand: proxyCommand(words, "linux"),
    });
    await Deno.writeFile(hostFile, bytesOf(withBlock(undefined, block)));
    const text = addInclude(
      encoded("Host *\n  User other\n  ProxyJump bastion\n"),
      hostFile,
      config,
    );
    await Deno.writeFile(config, bytesOf(text));
    // What ssh runs is seen by a program that writes down its arguments.
    await Deno.writeTextFile(program, '#!/bin/sh\nprintf "%s\\n" "$@" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const settings = await sshSettings(config, "web");
    assert.equal(settings.get("user"), "me");
    assert.equal(settings.get("hostname"), "i-1");
    assert.equal(settings.get("hostkeyalias"), "i-1");
    // Percent signs are doubled until the file is opened.
    assert.equal(settings.get("identityfile")?.replaceAll("%%", "%"), key);
    assert.equal(
      settings.get("userknownhostsfile")?.replaceAll("%%", "%"),
      `${folder}/known_hosts`,
    );
    const { stderr } = await new Deno.Command("ssh", {
      args: ["-F", config, "-o", "BatchMode=yes", "-p", "2222", "web", "true"],
      env: { SHELL: "/bin/sh" },
      stdin: "null",
    }).output();
    assert.match(new TextDecoder().decode(stderr), /^ssh-proxy\r?\ni-1\r?\n2222\r?\n/m);
    await Deno.remove(root, { recursive: true });
  });
}
