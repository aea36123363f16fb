/**
 * A network that really goes away: the command and the sandbox in two network namespaces, and the
 * cable between them pulled in the middle of a transfer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Child, childEnvironment, commandLine, runsExecutable } from "../support/command.ts";
import type { DistantSandbox } from "../support/distant_sandbox.ts";
import { Namespaces, needsNamespaces } from "../support/namespaces.ts";
import { eventually } from "../support/port_client.ts";
import { Home, type ReadyEvent } from "./_world.ts";

const BYTES = 20_000_000;
const SUPPORT = new URL("../support/", import.meta.url).pathname;

/** Starts a program at one end, its standard input open. */
function start(
  [program, ...args]: string[],
  env: Record<string, string>,
): { child: Child; end(): Promise<void> } {
  const process = new Deno.Command(program!, {
    args,
    env: childEnvironment(env),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const child = new Child(process);
  return { child, end: () => process.stdin.close().catch(() => {}) };
}

function script(name: string, ...args: string[]): string[] {
  return [Deno.execPath(), "run", "--allow-all", "--quiet", `${SUPPORT}${name}.ts`, ...args];
}

/** Longer than a session waits between two attempts. */
const OUTAGE_MS = 3_000;

async function options(): Promise<{ ignore: boolean }> {
  if (runsExecutable()) {
    // deno-lint-ignore no-console
    console.warn(
      "\nSKIPPED: a real loss of the network: the executable reaches loopback and AWS only\n",
    );
    return { ignore: true };
  }
  return await needsNamespaces();
}

const OPTIONS = await options();

for (
  const [what, set] of [
    ["a cable that is pulled", (net: Namespaces, isUp: boolean) => net.setCable(isUp)],
    ["packets that vanish unseen", (net: Namespaces, isUp: boolean) => net.setPath(isUp)],
  ] as const
) {
  Deno.test(`network loss: ${what} in the middle of a transfer`, OPTIONS, async () => {
    await using home = await Home.create();
    await using net = await Namespaces.create();
    const server = start(
      net.at("server", script("distant_sandbox", net.serverAddress)),
      home.env,
    );
    await using _server = server.child;
    const { env, httpPort }: DistantSandbox = JSON.parse(await server.child.line());
    const [program, before] = commandLine();
    const connect = ["connect", "web-1", "--remote-port", String(httpPort), "--format", "json"];
    const { child } = start(net.at("client", [program, ...before, ...connect]), {
      ...home.env,
      ...env,
      EC2_CONNECT_SESSION_RECONNECTION_MAX_ATTEMPTS: "0",
    });
    await using _child = child;
    const { local_port } = await child.event<ReadyEvent>("ready");
    const last = () =>
      child.lines.map((line) => JSON.parse(line)).findLast(({ event }) => event === "state");
    const entered = async (state: string) => {
      await eventually(state, () => last().to === state);
      return Date.parse(last().at);
    };
    const transfer = start(
      net.at("client", script("distant_transfer", `http://127.0.0.1:${local_port}`, `${BYTES}`)),
      home.env,
    );
    await using _transfer = transfer.child;
    while (parseInt(await transfer.child.line()) < BYTES / 4);
    const lostMs = Date.now();
    await set(net, false);
    const noticedMs = await entered("resuming") - lostMs;
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    const backMs = Date.now();
    await set(net, true);
    const resumedMs = await entered("active") - backMs;
    // The promise's figures, and room for a machine that is busy with other things.
    assert.ok(noticedMs <= 5_000 + 5_000, `noticed after ${noticedMs} ms`);
    assert.ok(resumedMs <= 1_000 + 5_000, `resumed after ${resumedMs} ms`);
    const { stdout, stderr } = await transfer.child.result();
    const [sent, received] = stdout.split("\n").at(-1)!.split(" ");
    assert.match(sent!, /^[0-9a-f]{64}$/, stderr);
    assert.equal(received, sent);
    assert.equal(await child.interrupt(), 0);
    await server.end();
    await server.child.result();
  });
}
