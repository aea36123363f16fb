/**
 * moto's server as a second opinion on EC2, IAM, KMS and STS: it was not written by us.
 *
 * Tests that need it are registered with `testWithMoto`, which says loudly where it is missing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { testWithTools } from "./plugin_twin.ts";

const hasMoto = await new Deno.Command("moto_server", {
  args: ["--help"],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => success, () => false);

/** Registers a test against a moto of its own. */
export function testWithMoto(
  name: string,
  fn: (url: string, context: Deno.TestContext) => Promise<void>,
): void {
  const missing = hasMoto
    ? undefined
    : "no moto_server on PATH: pip install 'moto[server,ec2,iam,kms,ssm,sts]'";
  testWithTools(name, missing, (context) => withMoto((url) => fn(url, context)));
}

/** A moto server on a free port, for the time of `use`. It knows the managed policies of AWS. */
async function withMoto(use: (url: string) => Promise<void>): Promise<void> {
  const port = freePort();
  const child = new Deno.Command("moto_server", {
    args: ["-H", "127.0.0.1", "-p", String(port)],
    env: { MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  try {
    const ended = child.status.then(() => assert.fail("moto_server ended before it answered"));
    await Promise.race([answers(`${url}/moto-api/`), ended]);
    await use(url);
  } finally {
    child.kill();
    await child.status;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function answers(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
