/**
 * `fix` against the sandbox, whose EC2, IAM and SSM really change: what was seeded is mended, and the
 * agent is there afterwards.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Terminal, TMUX } from "./_terminal.ts";
import { World } from "./_world.ts";

/** A sandbox with one broken instance, and every call that it answered: `ec2 StartInstances`. */
class Broken implements AsyncDisposable {
  readonly world: World;
  readonly id: string;
  readonly #log: string[];

  private constructor(world: World, log: string[]) {
    this.world = world;
    this.#log = log;
    this.id = world.sandbox.instances[0]!.instanceId;
  }

  static async open(scenario: string): Promise<Broken> {
    const log: string[] = [];
    return new Broken(await World.open({ scenario, log: (line) => log.push(line) }), log);
  }

  fix(...args: string[]) {
    return this.world.run(["fix", this.id, ...args]);
  }

  /** Calls that change something, in their order. */
  get changes(): string[] {
    return this.#log.flatMap((line) => {
      const call = /^(\w+) (\w+): \d/.exec(line);
      const isRead = /^(?:Describe|Get|List|Simulate|GenerateDataKey)/.test(call?.[2] ?? "Get");
      return isRead ? [] : [`${call?.[1]}:${call?.[2]}`];
    });
  }

  /** What a check says now: `critical PROFILE_MISSING`. */
  async check(item: string): Promise<string[]> {
    const { stdout } = await this.world.run([
      ...["diagnose", "item", "--item", item, "-i", this.id, "--format", "json"],
    ]);
    const { checks } = JSON.parse(stdout);
    return checks[0].findings.map(({ status, code }: { status: string; code: string }) =>
      `${status} ${code}`
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}

/** Scenario, the fix that mends it, and what it changes. */
const MENDED: [scenario: string, fix: string, changes: string[], more?: string[]][] = [
  ["stopped", "start_instance", ["ec2:StartInstances"]],
  ["connection-lost", "reboot_instance", ["ec2:RebootInstances"]],
  [
    "unregistered",
    "attach_instance_profile",
    ["ec2:AssociateIamInstanceProfile"],
    ["--instance-profile", "sandbox-ssm"],
  ],
  ["role-missing-actions", "attach_core_policy", ["iam:AttachRolePolicy"]],
  ["metadata-disabled", "enable_imds", ["ec2:ModifyInstanceMetadataOptions"]],
  ["agent-too-old", "update_agent", ["ssm:SendCommand"]],
  ["egress-closed", "add_instance_egress_443", ["ec2:AuthorizeSecurityGroupEgress"]],
  ["endpoint-shadows-nat", "add_endpoint_ingress_443", ["ec2:AuthorizeSecurityGroupIngress"]],
  [
    "private-dns-off",
    "enable_private_dns",
    ["ec2:ModifyVpcEndpoint", "ec2:ModifyVpcEndpoint"],
  ],
  [
    "no-endpoints",
    "create_endpoint",
    ["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateVpcEndpoint", "ec2:CreateVpcEndpoint"],
  ],
];

for (const [scenario, fix, changes, more = []] of MENDED) {
  Deno.test(`${scenario}: --approve ${fix} mends it, and the agent is there`, async () => {
    await using broken = await Broken.open(scenario);
    const { code, stdout, stderr } = await broken.fix("--approve", fix, ...more);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^${fix}: verified$`, "m"));
    assert.match(stdout, /can connect: yes$/m);
    assert.deepEqual(broken.changes, changes);
    assert.equal((await broken.check("ssm_agent"))[0], "ok AGENT_CONNECTED");
  });
}

Deno.test("FX-1 a dry run changes nothing, whatever is wrong and whatever else is given", async () => {
  for (const scenario of ["stopped", "no-endpoints", "two-causes", "private-dns-off"]) {
    await using broken = await Broken.open(scenario);
    const { code, stdout } = await broken.fix(
      ...["--dry-run", "--auto-fix", "--allow-scope", "vpc", "--approve", "start_instance"],
      ...["--approve", "create_endpoint", "--approve", "enable_private_dns"],
    );
    assert.equal(code, 0);
    assert.match(stdout, /would call +ec2:/);
    assert.match(stdout, /Nothing was changed\.\n?$/);
    assert.deepEqual(broken.changes, []);
  }
});

Deno.test("a report of fix goes whole into a file, and what it comes to to standard error", async () => {
  await using broken = await Broken.open("stopped");
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/report.json`;
    const { stdout, stderr } = await broken.fix("--dry-run", "--format", "json", "--output", file);
    assert.equal(stdout, "");
    assert.match(stderr, /cannot be connected to: \d+ critical/);
    assert.equal(JSON.parse(await Deno.readTextFile(file)).command, "fix");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("FX-2 --auto-fix --safe-only leaves a stopped instance stopped: exit 3", async () => {
  await using broken = await Broken.open("stopped");
  const { code, stdout } = await broken.fix("--auto-fix", "--safe-only");
  assert.equal(code, 3);
  assert.match(stdout, /^start_instance: skipped_unsafe$/m);
  assert.deepEqual(broken.changes, []);
  assert.deepEqual(await broken.check("instance_state"), ["critical INSTANCE_STOPPED"]);
});

Deno.test("FX-3 an attached profile is taken back by the journal of its run", async () => {
  await using broken = await Broken.open("unregistered");
  const done = await broken.fix(
    ...["--approve", "attach_instance_profile", "--instance-profile", "sandbox-ssm"],
    ...["--format", "json"],
  );
  const report = JSON.parse(done.stdout);
  assert.equal(report.fixes[0].state, "verified");
  assert.match(report.fixes[0].rollback[0].params.AssociationId, /^iip-assoc-/);
  assert.deepEqual(await broken.check("instance_profile"), ["ok PROFILE_OK"]);
  const takeBack = (...args: string[]) =>
    broken.world.run(["fix", "--rollback", report.run_id, ...args]);
  const planned = await takeBack("--dry-run");
  assert.match(planned.stdout, /would call ec2:DisassociateIamInstanceProfile .*iip-assoc-/);
  assert.deepEqual(await broken.check("instance_profile"), ["ok PROFILE_OK"]);
  const back = await takeBack();
  assert.deepEqual([back.code, back.stderr], [0, ""]);
  assert.deepEqual(await broken.check("instance_profile"), ["critical PROFILE_MISSING"]);
  assert.match((await takeBack()).stdout, /^Nothing of run \w+ is left to take back$/m);
  assert.deepEqual(broken.changes, [
    "ec2:AssociateIamInstanceProfile",
    "ec2:DisassociateIamInstanceProfile",
  ]);
});

Deno.test("FX-7 DNS attributes need --allow-scope vpc, and support comes first", async () => {
  await using broken = await Broken.open("dns-support-off");
  const kept = await broken.fix("--auto-fix");
  assert.equal(kept.code, 3);
  assert.match(kept.stdout, /^enable_dns_attributes: skipped_scope$/m);
  assert.deepEqual(broken.changes, []);
  const done = await broken.fix("--auto-fix", "--allow-scope", "vpc");
  assert.equal(done.code, 0, done.stdout);
  assert.match(done.stdout, /^enable_dns_attributes: verified$/m);
  assert.equal(broken.changes[0], "ec2:ModifyVpcAttribute");
});

Deno.test("FX-8 without a terminal: alone a plan, with --auto-fix a note that a yes is missing", async () => {
  await using broken = await Broken.open("stopped");
  const alone = await broken.fix();
  assert.equal(alone.code, 0);
  assert.match(alone.stdout, /There is no terminal to ask on/);
  const auto = await broken.fix("--auto-fix");
  assert.equal(auto.code, 3);
  assert.match(auto.stdout, /^start_instance: needs_confirmation$/m);
  assert.deepEqual(broken.changes, []);
});

Deno.test("two causes: both are mended, the role first, and the report names both", async () => {
  await using broken = await Broken.open("two-causes");
  const { code, stdout } = await broken.fix(
    ...["--approve", "add_instance_egress_443", "--approve", "attach_instance_profile"],
    ...["--instance-profile", "sandbox-ssm", "--format", "json"],
  );
  assert.equal(code, 0, stdout);
  const { fixes, summary } = JSON.parse(stdout);
  assert.deepEqual(
    fixes.map(({ id, state }: { id: string; state: string }) => `${id} ${state}`),
    ["attach_instance_profile applied", "add_instance_egress_443 verified"],
  );
  assert.deepEqual([summary.can_connect, summary.exit_code], ["yes", 0]);
});

Deno.test("a healthy instance has nothing to fix, and a terminated one nothing that could be", async () => {
  await using healthy = await Broken.open("nat");
  const fine = await healthy.fix("--auto-fix");
  assert.deepEqual([fine.code, fine.stderr], [0, ""]);
  assert.match(fine.stdout, /^Nothing to fix on i-\w+: ok$/m);
  await using terminated = await Broken.open("terminated");
  const gone = await terminated.fix("--auto-fix", "--approve", "start_instance");
  assert.equal(gone.code, 3);
  assert.match(gone.stdout, /^Nothing to fix on i-\w+: critical$/m);
  assert.deepEqual(terminated.changes, []);
});

Deno.test("what is mistyped is refused before AWS is asked", async () => {
  const log: string[] = [];
  await using world = await World.open({ scenario: "stopped", log: (line) => log.push(line) });
  const refused = async (...args: string[]) => {
    const { code, stderr } = await world.run(["fix", ...args]);
    return [code, stderr.split("\n").filter((line) => /error|hint/.test(line)).join("\n")];
  };
  log.length = 0;
  assert.deepEqual(await refused("i-0123456789abcdef0", "--approve", "start_instanc"), [
    2,
    'error: Cannot approve "start_instanc": there is no such fix\n  hint: Did you mean start_instance?',
  ]);
  for (
    const args of [
      ["i-123"],
      [],
      ["web", "--allow-scope", "account"],
      ["web", "--timeout", "0"],
      ["--rollback", "nonsense"],
      ["i-0123456789abcdef0", "--auto-fix", "--output", "/"],
    ]
  ) {
    assert.equal((await refused(...args))[0], 2, args.join(" "));
  }
  assert.deepEqual(log, []);
});

Deno.test(
  "on a terminal each fix is shown and asked for; no is the default",
  { ignore: TMUX === undefined },
  async () => {
    await using broken = await Broken.open("stopped");
    await using terminal = await Terminal.open(broken.world.env);
    await terminal.run(`fix ${broken.id}`);
    await terminal.shows(/Apply start_instance\? \(y\/N\)/);
    await terminal.key("Enter");
    await terminal.shows(/^status 3$/m);
    assert.deepEqual(broken.changes, []);
    await terminal.run(`fix ${broken.id}`);
    await terminal.shows(/Apply start_instance\? \(y\/N\)/);
    await terminal.type("y\n");
    await terminal.shows(/^status 0$/m);
    assert.deepEqual(broken.changes, ["ec2:StartInstances"]);
  },
);
