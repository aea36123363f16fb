/**
 * `metrics`, `resources`, `health` and the history, of a tunnel that another process holds.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { StartSessionCommand } from "@aws-sdk/client-ssm";
import { eventually } from "../support/port_client.ts";
import { Sdk } from "../support/sdk.ts";
import { echo, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

type Json = Record<string, unknown>;

/** Runs a command that must succeed; its JSON. */
async function json(world: World, ...args: string[]): Promise<Json> {
  const { code, stdout, stderr } = await world.run([...args, "--format", "json"]);
  assert.equal(code, 0, `${args.join(" ")}\n${stderr}`);
  return JSON.parse(stdout);
}

function connect(
  world: World,
  env: Record<string, string> = {},
  service: "echo" | "http" = "echo",
) {
  const args = ["connect", "web-1", "--remote-port", world.service(service), "--format", "json"];
  return world.start(args, env);
}

/** Puts a fault in the way of all sessions. */
async function fault(world: World, body: Json): Promise<void> {
  const response = await fetch(world.sandbox.faultUrl, {
    method: "POST",
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, await response.text());
}

/** Each token is another one, and all look so; nothing else that is written is so long in one piece. */
const SESSION_TOKEN = /[A-Za-z0-9+/]{100}/;

/** A token as the service gives it out. */
async function tokenOf({ sandbox }: World): Promise<string> {
  const { endpointUrl: endpoint, region, credentials } = sandbox;
  using sdk = new Sdk({ endpoint, region, credentials });
  const { TokenValue } = await sdk.ssm.send(
    new StartSessionCommand({
      Target: sandbox.instances[0]!.instanceId,
      DocumentName: "AWS-StartSSHSession",
    }),
  );
  return TokenValue!;
}

/** All files of a folder and those below it, one after another. */
async function contentOf(folder: string): Promise<string> {
  let content = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    content += isDirectory ? await contentOf(path) : await textOf(path);
  }
  return content;
}

/** Empty for one that has been renamed since its folder was read, as a host file that is replaced. */
async function textOf(path: string): Promise<string> {
  try {
    return new TextDecoder("latin1").decode(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

Deno.test(
  "a tunnel is measured, and well, from another process; then it is in the history",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = connect(world);
    const { session_id, local_port } = await child.event<ReadyEvent>("ready");
    assert.equal(await echo(local_port, "hello"), "hello");

    await eventually("the bytes are counted", async () => {
      const { sessions } = await json(world, "metrics", String(local_port)) as { sessions: Json[] };
      return sessions[0]!["bytes_out"] === 5 && Number(sessions[0]!["round_trips"]) > 0;
    });
    const { sessions } = await json(world, "metrics") as { sessions: Json[] };
    assert.equal(sessions[0]!["session_id"], session_id);
    assert.ok(Number(sessions[0]!["round_trip_p99_ms"]) > 0);
    assert.ok(Number(sessions[0]!["availability"]) > 0.5);
    const { stdout } = await world.run(["metrics", "--format", "prometheus"]);
    assert.ok(stdout.split("\n").includes(`ec2_connect_session_up{session_id="${session_id}"} 1`));

    const { hosts } = await json(world, "resources") as { hosts: Json[] };
    assert.equal(hosts[0]!["host_pid"], child.process.pid);
    assert.equal(hosts[0]!["sessions"], 1);
    const memory = hosts[0]!["memory"] as Record<string, number>;
    assert.ok(memory["floor_bytes"]! > 20_000_000, JSON.stringify(memory));
    if (Deno.build.os === "linux") assert.ok(Number(hosts[0]!["descriptors"]) > 3);

    const health = await json(world, "health", "--comprehensive") as { findings: Json[] };
    const statuses = Object.fromEntries(
      health.findings.map(({ check, status }) => [String(check), status]),
    );
    assert.deepEqual(statuses, {
      session: "ok",
      probe: "ok",
      memory: "ok",
      cpu: "ok",
      credentials: "ok",
      aws: "ok",
      clock: "ok",
      database: "ok",
    });

    await child.interrupt();
    const history = await json(world, "database", "stats", session_id) as {
      session: Json;
      state_changes: Json[];
      samples: number;
    };
    assert.deepEqual(
      [history.session["state"], history.session["ended_by"], history.session["bytes_out"]],
      ["closed", "user", 5],
    );
    assert.deepEqual(history.state_changes.map(({ to }) => to), [
      "handshaking",
      "active",
      "closing",
      "closed",
    ]);
    assert.ok(history.samples > 0);
    const past = await json(world, "metrics", session_id) as { sessions: Json[] };
    assert.equal(past.sessions[0]!["state"], "closed");
  },
);

Deno.test("no token, key or stream address is in what stays on the disk", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = connect(world);
  const { session_id } = await child.event<ReadyEvent>("ready");
  // A loss and a resume: reasons are written, and another token is used.
  await fault(world, { fault: "cut" });
  await child.event("state");
  await eventually(
    "resumed",
    () => child.lines.some((line) => /"from":"resuming","to":"active"/.test(line)),
  );
  // The host file is there while the process is, the whole history when it has ended.
  const state = await contentOf(join(world.path, ".local", "state", "ec2-connect"));
  await child.interrupt();
  const data = await contentOf(join(world.path, ".local", "share", "ec2-connect"));
  const { secretAccessKey, accessKeyId } = world.sandbox.credentials;
  const secrets = [secretAccessKey, accessKeyId, "wss://", "ws://", "data-channel", "TokenValue"];
  assert.match(await tokenOf(world), SESSION_TOKEN);
  for (const [what, content] of Object.entries({ state, data })) {
    assert.ok(content.includes(session_id), `the ${what} folder was looked at`);
    for (const secret of secrets) {
      assert.ok(!content.includes(secret), `found ${secret.slice(0, 6)}… in the ${what} folder`);
    }
    assert.doesNotMatch(content, SESSION_TOKEN, `found a token in the ${what} folder`);
  }
});

Deno.test(
  "a session that is cut off is exit 3, and well again when it is resumed",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = connect(world);
    await child.event("ready");
    assert.equal((await world.run(["health"])).code, 0);
    await fault(world, { fault: "blackhole" });
    await eventually("down", async () => (await world.run(["health"])).code === 3);
    const down = await world.run(["health"]);
    assert.match(
      down.stdout,
      /^down +session .*: (suspect|resuming|restarting): it carries no data now$/m,
    );
    assert.match(down.stdout, /^Overall: down$/m);
    await (await fetch(world.sandbox.faultUrl, { method: "DELETE" })).body?.cancel();
    await eventually("well again", async () => (await world.run(["health"])).code === 0);
    assert.equal(await child.interrupt(), 0);
  },
);

Deno.test(
  "above a limit health is exit 5, and resources says what is done",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const env = { EC2_CONNECT_RESOURCES_MAX_MEMORY_MB: "5" };
    await using child = connect(world, env, "http");
    const { local_port } = await child.event<ReadyEvent>("ready");
    // A local program that asks for much and does not read: what came for it waits in memory.
    using program = await Deno.connect({ hostname: "127.0.0.1", port: local_port });
    await program.write(new TextEncoder().encode("GET /bytes?n=50000000 HTTP/1.0\r\n\r\n"));
    await eventually("above", async () => (await world.run(["health"])).code === 5);
    const { stdout } = await world.run(["resources"]);
    assert.match(stdout, /passed +the limit of memory/);
    assert.match(stdout, /done +local programs are read in pieces of 4 KiB/);
    assert.equal(child.stderrSoFar.match(/more than resources\.max_memory_mb/g)?.length, 1);
    assert.equal(await child.interrupt(), 0);
  },
);

Deno.test(
  "a tunnel goes on without history where the database cannot be written",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const path = join(world.path, "broken.db");
    await Deno.writeTextFile(path, "no database\n".repeat(500));
    await using child = connect(world, { EC2_CONNECT_DATABASE: path });
    const { local_port } = await child.event<ReadyEvent>("ready");
    await eventually("warned", () => /No history is kept/.test(child.stderrSoFar));
    assert.equal(await echo(local_port, "hello"), "hello");
    assert.equal(await child.interrupt(), 0);
    assert.match(child.stderrSoFar, /not a database, or is damaged/);
    assert.equal(child.stderrSoFar.match(/No history is kept/g)?.length, 1);
  },
);
