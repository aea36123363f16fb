/**
 * `vscode setup` with a fake AWS, in a home of its own: names and systems that the sandbox has none of.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type CredentialOrigin, type Instance, NoSuchInstanceError } from "../../../src/aws/mod.ts";
import type { VscodeSetupOptions } from "../../../src/cli/commands/vscode.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { runVscodeSetup, type VscodeSetupParts } from "../../../src/cli/vscode/setup_run.ts";
import { AppError } from "../../../src/errors/mod.ts";
import { fakeContext, FakeIo, refusal } from "../../support/fake_io.ts";
import { fakeInstance, INSTANCE_ID } from "../../support/fake_tunnels.ts";

const DENIED = new AppError("auth", "Cannot look up instances: not allowed");

interface World {
  instances?: Instance[] | AppError;
  platform?: string | undefined | AppError;
  provider?: CredentialOrigin["provider"];
  profile?: string;
}

/** Runs it, and tells what came of it. */
async function setup(partial: Partial<VscodeSetupOptions>, world: World = {}) {
  const home = await Deno.makeTempDir();
  const io = new FakeIo({ env: { HOME: home, PATH: Deno.env.get("PATH") ?? "" } });
  using context = fakeContext(io, { format: "json" });
  const { instances = [fakeInstance()], platform, provider = "profile" } = world;
  const parts: VscodeSetupParts = {
    instances: {
      profile: world.profile,
      region: () => Promise.resolve("eu-west-1"),
      instanceState: () => Promise.resolve("unknown"),
      findInstances: (selector) =>
        instances instanceof AppError
          ? Promise.reject(instances)
          : Promise.resolve(instances.filter(({ instanceId }) =>
            selector.by !== "id" || selector.instanceId === instanceId
          )),
    },
    picker: {
      pickOne: () => Promise.reject(new Error("nobody is asked")),
      pickSeveral: () => Promise.reject(new Error("nobody is asked")),
      pickAmong: () => Promise.reject(new Error("nobody is asked")),
    },
    platformName: () =>
      platform instanceof AppError ? Promise.reject(platform) : Promise.resolve(platform),
    credentialOrigin: () => Promise.resolve({ provider, ssoExpiresAtMs: undefined }),
    [Symbol.dispose]() {},
  };
  const options: VscodeSetupOptions = {
    instances: [INSTANCE_ID],
    user: undefined,
    identityFile: undefined,
    pushKey: false,
    isDryRun: false,
    aws: { profile: undefined, region: undefined, endpointUrl: undefined },
    output: undefined,
    ...partial,
  };
  try {
    const code = await runVscodeSetup(options, context, () => parts);
    assert.equal(code, 0);
    const { hosts } = JSON.parse(await io.stdout());
    const file = options.isDryRun ? "" : await Deno.readTextFile(`${home}/.ssh/ec2-connect.config`);
    return { hosts, file, stderr: await io.stderr() };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a Name that would be a program or a configuration becomes a word", async () => {
  for (
    const [name, host] of [
      ["$(touch /tmp/x)", "touch-tmp-x"],
      ['web "prod"; rm -rf /', "web-prod-rm--rf"],
      ["web\n  ProxyCommand evil\nHost *", "web-ProxyCommand-evil-Host"],
      ["*", INSTANCE_ID],
      ["github.com", "github-com"],
      ["-v", "v"],
    ] as const
  ) {
    const { hosts, file } = await setup({}, { instances: [fakeInstance({ name })] });
    assert.equal(hosts[0].host, host);
    assert.equal(hosts[0].instance_name, name);
    const names = host === INSTANCE_ID ? host : `${host} ${INSTANCE_ID}`;
    assert.deepEqual(file.match(/^Host .*$/gm), [`Host ${names}`]);
    assert.equal(file.match(/ProxyCommand/g)!.length, host.includes("Proxy") ? 2 : 1);
  }
});

Deno.test("the user is by the system that the agent reports, and a guess is told", async () => {
  const user = async (world: World) => {
    const { hosts, stderr } = await setup({}, world);
    return [hosts[0].user, /taken to be/.test(stderr)];
  };
  assert.deepEqual(await user({ platform: "Ubuntu" }), ["ubuntu", false]);
  assert.deepEqual(await user({ platform: "Plan 9" }), ["ec2-user", true]);
  assert.deepEqual(await user({}), ["ec2-user", true]);
  assert.deepEqual(await user({ platform: DENIED }), ["ec2-user", true]);
  const windows = [fakeInstance({ platform: "windows" })];
  assert.deepEqual(await user({ instances: windows }), ["Administrator", false]);
  const { stderr } = await setup({ pushKey: true }, { instances: windows });
  assert.match(stderr, /EC2 Instance Connect sends no keys to Windows/);
});

Deno.test("without the right to see instances, and for a managed node, the id is the name", async () => {
  const denied = await setup({}, { instances: DENIED });
  assert.deepEqual(denied.hosts[0].aliases, [INSTANCE_ID]);
  assert.match(denied.stderr, /^warning: The Name of i-\w+ is not known/m);
  const node = "mi-0123456789abcdef0";
  const { hosts } = await setup({ instances: [node] }, { instances: DENIED });
  assert.deepEqual(hosts[0].aliases, [node]);
  const gone = await refusal(() => setup({}, { instances: new NoSuchInstanceError("gone", {}) }));
  assert.equal(gone.exitCode, 3);
});

Deno.test("an instance that is named twice is set up once", async () => {
  const { hosts } = await setup({ instances: [INSTANCE_ID, "web"] });
  assert.equal(hosts.length, 1);
});

Deno.test("credentials that an editor will not have are told, and never written", async () => {
  const { stderr } = await setup({}, { provider: "environment" });
  assert.match(stderr, /The credentials are in this terminal's environment/);
  assert.doesNotMatch((await setup({})).stderr, /credentials/);
});

Deno.test("profile, region and endpoint go along, whatever is in them", async () => {
  const { file } = await setup({
    aws: { profile: undefined, region: undefined, endpointUrl: "http://127.0.0.1:1/%2F" },
  }, { profile: "it's me" });
  const command = /ProxyCommand .* (ssh-proxy .*)$/m.exec(file)![1];
  assert.equal(
    command,
    "ssh-proxy %h %p --profile 'it'\\''s me' --region eu-west-1 " +
      "--endpoint-url http://127.0.0.1:1/%%2F",
  );
  const error = await refusal(() => setup({}, { profile: "a\n  LocalCommand evil" }));
  assert.match(error.message, /^Cannot write "a\\n/);
});

Deno.test("vscode: wrong arguments are exit 2", async () => {
  const parse = (...args: string[]) => parseCommandLine(["vscode", ...args], { columns: 80 });
  for (
    const [args, message] of [
      [["setup", "web", "--push-key", "--identity-file", "k"], /^Cannot choose a key/],
      [["setup", "web", "--user", "a b"], /^Cannot read --user: found "a b"$/],
      [["setup", "web", "--user", "-oProxyCommand=x"], /--user/],
      [["setup", ""], /^Cannot read INSTANCE: found ""$/],
      [["test", "web", "--timeout", "0"], /^Cannot read --timeout: found "0"$/],
      [["cleanup", "a", "b"], /found more than wanted$/],
    ] as const
  ) {
    const error = await refusal(() => parse(...args));
    assert.deepEqual([error.exitCode, message.test(error.message)], [2, true], error.message);
  }
  const key = await refusal(() => setup({ identityFile: "/nonexistent/key" }));
  assert.match(key.message, /^Cannot use the key \/nonexistent\/key: it is not there$/);
});
