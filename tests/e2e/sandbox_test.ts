/**
 * `sandbox` as a user runs it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Home, POSIX_ONLY } from "./_world.ts";

interface SandboxReady {
  endpoint_url: string;
  region: string;
  credentials: { access_key_id: string; secret_access_key: string };
  fault_url: string;
  instances: { instance_id: string; name: string; scenario: string; services: { http: number } }[];
}

Deno.test("sandbox and connect, told by the ready line of the contract", POSIX_ONLY, async () => {
  await using home = await Home.create();
  await using sandbox = home.start(["sandbox", "--format", "json", "--no-agent-pacing"]);
  const ready = JSON.parse(await sandbox.line()) as SandboxReady & { event: string };
  assert.equal(ready.event, "ready");
  const instance = ready.instances.find(({ scenario }) => scenario === "healthy")!;
  const { code, stdout } = await home.run([
    ...["connect", instance.instance_id, "--remote-port", String(instance.services.http), "--"],
    ...["sh", "-c", "echo through $EC2_CONNECT_LOCAL_PORT"],
  ], {
    AWS_ENDPOINT_URL: ready.endpoint_url,
    AWS_REGION: ready.region,
    AWS_ACCESS_KEY_ID: ready.credentials.access_key_id,
    AWS_SECRET_ACCESS_KEY: ready.credentials.secret_access_key,
  });
  assert.equal(code, 0);
  assert.match(stdout, /^through \d+$/);
  assert.equal(await sandbox.interrupt("SIGTERM"), 0);
});

Deno.test(
  "sandbox prints what to export, and serves on the port asked for",
  POSIX_ONLY,
  async () => {
    await using home = await Home.create();
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    await using sandbox = home.start(["sandbox", "--port", String(port), "--scenario", "healthy"]);
    assert.equal(await sandbox.line(), `export AWS_ENDPOINT_URL=http://127.0.0.1:${port}`);
    assert.match(await sandbox.line(), /^export AWS_REGION=\S+$/);
    assert.match(await sandbox.line(), /^export AWS_DEFAULT_REGION=\S+$/);
    assert.match(await sandbox.line(), /^export AWS_ACCESS_KEY_ID=\S+$/);
    assert.match(await sandbox.line(), /^export AWS_SECRET_ACCESS_KEY=\S+$/);
    assert.equal(await sandbox.interrupt(), 0);
  },
);

Deno.test("sandbox with a scenario that does not exist: exit 2", async () => {
  await using home = await Home.create();
  const { code, stderr } = await home.run(["sandbox", "--scenario", "nope"]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: .*"nope"/);
});
