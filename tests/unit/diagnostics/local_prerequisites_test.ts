import assert from "node:assert/strict";
import { localPrerequisites } from "../../../src/diagnostics/checks/local_prerequisites.ts";
import { failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { LocalTools } from "../../../src/diagnostics/facts/local.ts";
import { readLocalTools, sshHostEntries } from "../../../src/diagnostics/facts/local_tools.ts";
import { HEALTHY, INSTANCE_ID, runCheck } from "../../support/facts.ts";
import { findingOf, short } from "./_outcome.ts";

const tools = (changes: Partial<LocalTools>) => ({
  localTools: known<LocalTools>({ ...HEALTHY.localTools, ...changes }),
});
const ABSENT = { found: false, reason: "absent" } as const;
const VSCODE = { localTools: "vscode" } as const;

const plugin = (versionText: string): Partial<LocalTools> => ({
  usesPlugin: true,
  plugin: { found: true, path: undefined, versionText },
});

Deno.test("everything that is needed is there: ok", () => {
  assert.deepEqual(short(runCheck(localPrerequisites)), ["ok LOCAL_OK"]);
  assert.deepEqual(short(runCheck(localPrerequisites, {}, VSCODE)), ["ok LOCAL_OK"]);
});

Deno.test("PQ-1 without ssh a VS Code connection is critical, a port forward is not", () => {
  const changes = tools({ ssh: ABSENT });
  assert.deepEqual(short(runCheck(localPrerequisites, changes, VSCODE)), [
    "critical SSH_CLIENT_MISSING",
  ]);
  assert.deepEqual(short(runCheck(localPrerequisites, changes)), [
    "ok LOCAL_OK",
    "+ ok SSH_CLIENT_MISSING",
  ]);
});

Deno.test("PQ-2 an ssh configuration that cannot be written, or that others may write", () => {
  const config = (changes: Partial<LocalTools["sshConfig"]>) =>
    tools({ sshConfig: { ...HEALTHY.localTools.sshConfig, ...changes } });
  const readOnly = runCheck(localPrerequisites, config({ writable: false, mode: 0o400 }));
  assert.deepEqual(short(readOnly), ["warning/high SSH_CONFIG_UNWRITABLE"]);
  assert.deepEqual(readOnly.findings[0]?.fixIds, ["fix_local_permissions"]);
  for (const mode of [0o620, 0o602, 0o666]) {
    assert.deepEqual(short(runCheck(localPrerequisites, config({ mode }))), [
      "warning/high SSH_CONFIG_UNWRITABLE",
    ]);
  }
  const foreign = runCheck(localPrerequisites, config({ writable: false, isOurs: false }));
  assert.deepEqual(foreign.findings[0]?.fixIds, []);
  const none = config({ exists: false, writable: false, mode: undefined });
  assert.deepEqual(short(runCheck(localPrerequisites, none)), ["ok LOCAL_OK"]);
  assert.deepEqual(short(runCheck(localPrerequisites, none, VSCODE)), [
    "warning/high SSH_CONFIG_UNWRITABLE",
  ]);
});

Deno.test("PQ-3 a Host of the user's with our name is told and stays, byte for byte", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/.ssh`);
    const path = `${home}/.ssh/config`;
    const text = `# mine\nHost ${INSTANCE_ID} web\n\tUser me\r\nMatch all\n`;
    await Deno.writeTextFile(path, text);
    const found = await readLocalTools({
      wantsEditor: false,
      usesPlugin: false,
      home,
      hostNames: [INSTANCE_ID],
      dataFolder: `${home}/.local/share/ec2-connect`,
    });
    assert.deepEqual(found.sshHosts, [{ host: INSTANCE_ID, file: path, isOurs: false }]);
    const outcome = runCheck(localPrerequisites, {
      localTools: known({ ...HEALTHY.localTools, sshHosts: found.sshHosts }),
    });
    assert.deepEqual(short(outcome), ["warning/medium SSH_CONFIG_CONFLICT"]);
    assert.equal(await Deno.readTextFile(path), text);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("PQ-4 a plugin older than 1.2.764.0, where sessions go through it", () => {
  assert.deepEqual(short(runCheck(localPrerequisites, tools(plugin("1.2.707.0")))), [
    "warning/medium PLUGIN_OLD",
  ]);
  assert.deepEqual(short(runCheck(localPrerequisites, tools(plugin("1.2.764.0")))), [
    "ok LOCAL_OK",
  ]);
  assert.deepEqual(
    short(runCheck(localPrerequisites, tools({ usesPlugin: true, plugin: ABSENT }))),
    ["critical PLUGIN_MISSING"],
  );
  assert.deepEqual(short(runCheck(localPrerequisites, tools({ plugin: ABSENT }))), ["ok LOCAL_OK"]);
});

Deno.test("PQ-5 a plugin that prints garbage is unknown", () => {
  assert.deepEqual(short(runCheck(localPrerequisites, tools(plugin("segmentation fault")))), [
    "unknown PLUGIN_OLD (service_error)",
  ]);
});

Deno.test("the editor matters where it is wanted", () => {
  assert.deepEqual(short(runCheck(localPrerequisites, tools({ vscode: ABSENT }), VSCODE)), [
    "warning/low VSCODE_MISSING",
  ]);
  assert.deepEqual(short(runCheck(localPrerequisites, tools({ vscodeRemoteSsh: false }), VSCODE)), [
    "warning/low VSCODE_REMOTE_SSH_MISSING",
  ]);
  assert.deepEqual(short(runCheck(localPrerequisites, tools({ vscode: ABSENT }))), ["ok LOCAL_OK"]);
});

Deno.test("a data folder that cannot be written; a process that may run nothing", () => {
  const dataFolder = { ...HEALTHY.localTools.dataFolder, writable: false };
  assert.deepEqual(short(runCheck(localPrerequisites, tools({ dataFolder }))), [
    "warning/medium DATA_DIR_UNWRITABLE",
  ]);
  const ssh = { found: false, reason: "not_allowed_to_probe" } as const;
  const confined = runCheck(localPrerequisites, tools({ ssh }), VSCODE);
  assert.deepEqual(short(confined), ["unknown DENO_PERMISSION (not_supported)"]);
  assert.match(findingOf(confined, "DENO_PERMISSION").remediation[0]!, /--allow-run/);
  const none = { localTools: failed("timeout", "look at local tools", "too slow") };
  assert.deepEqual(short(runCheck(localPrerequisites, none)), [
    "unknown DENO_PERMISSION (timeout)",
  ]);
});

Deno.test("Host lines: several names, quotes, an equals sign, entries of ours", () => {
  const text = [
    "host = alpha",
    'Host beta "gamma"',
    "  ProxyCommand /opt/ec2-connect ssh-proxy %h %p",
    "Match host delta",
    "  User x",
    "Hostname no",
  ].join("\n");
  assert.deepEqual(sshHostEntries(text, "f"), [
    { host: "alpha", file: "f", isOurs: false },
    { host: "beta", file: "f", isOurs: true },
    { host: "gamma", file: "f", isOurs: true },
  ]);
});

Deno.test("tools are asked through the shell: what is there, and what is not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const asked: string[] = [];
    const found = await readLocalTools({
      wantsEditor: true,
      usesPlugin: true,
      home: folder,
      hostNames: [],
      dataFolder: `${folder}/deep/er`,
    }, {
      run(command) {
        asked.push(command.join(" "));
        if (command[0] === "ssh") return Promise.resolve({ code: 0, output: "OpenSSH_9.6p1\n" });
        if (command[0] === "test") return Promise.resolve({ code: 1, output: "" });
        if (command[1] === "--list-extensions") {
          return Promise.resolve({ code: 0, output: "a.b\nms-vscode-remote.remote-ssh\n" });
        }
        return Promise.resolve(command[0] === "code" ? { code: 127, output: "" } : undefined);
      },
      stat: (path) => Promise.resolve(path === folder ? { mode: 0o40700, uid: 7 } : undefined),
      readText: () => Promise.resolve(""),
      uid: () => 7,
    });
    assert.deepEqual(found.ssh, { found: true, path: undefined, versionText: "OpenSSH_9.6p1" });
    assert.deepEqual(found.vscode, { found: false, reason: "absent" });
    assert.equal(found.vscodeRemoteSsh, true);
    assert.deepEqual(found.plugin, { found: false, reason: "not_allowed_to_probe" });
    assert.deepEqual(found.dataFolder, {
      path: `${folder}/deep/er`,
      exists: false,
      writable: false,
      mode: undefined,
      isOurs: undefined,
    });
    // The nearest folder that exists is the one that would have to be written.
    assert.ok(asked.includes(`test -w ${folder}`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
