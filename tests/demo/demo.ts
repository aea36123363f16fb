/**
 * The tour: a sandbox, a tunnel, real traffic through it, a cut in the middle, and a clean end.
 *
 * Run it with `deno task demo`. It starts the real commands as child processes, as a user would.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Child, runCommand, startCommand } from "../support/command.ts";
import { ownFolders } from "../support/own_folders.ts";

const MEGABYTE = 1_000_000;
const TRANSFER_BYTES = 5 * MEGABYTE;

interface SandboxReady {
  endpoint_url: string;
  region: string;
  credentials: { access_key_id: string; secret_access_key: string };
  fault_url: string;
  instances: {
    instance_id: string;
    name: string;
    scenario: string;
    services: Record<string, number>;
  }[];
}

interface ForwardReady {
  session_id: string;
  local_port: number;
  connect_ms: number;
}

const started = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
  // deno-lint-ignore no-console
  console.log(`${seconds} s  ${text}`);
}

/** Deterministic bytes that do not compress and do not repeat. */
function someBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The start of a checksum, enough to compare by eye. */
function short(digest: string): string {
  return `${digest.slice(0, 12)}…`;
}

/**
 * Sends bytes to an echo service; the checksum of what comes back. Half are sent, `onHalf` runs, and the
 * rest follows at once, with the first half still on its way.
 */
async function echoThrough(
  port: number,
  bytes: Uint8Array<ArrayBuffer>,
  onHalf: () => Promise<void>,
): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const writing = (async () => {
    const half = bytes.byteLength / 2;
    await writeAll(conn, bytes.subarray(0, half));
    await onHalf();
    await writeAll(conn, bytes.subarray(half));
  })();
  const [digest] = await Promise.all([digestOf(conn, bytes.byteLength), writing]);
  return digest;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  while (bytes.byteLength > 0) bytes = bytes.subarray(await conn.write(bytes));
}

/** The checksum of the next `count` bytes, or of those that came before the end. */
async function digestOf(conn: Deno.Conn, count: number): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(64 * 1024);
  for (let left = count; left > 0;) {
    const read = await conn.read(buffer);
    if (read === null) break;
    hash.update(buffer.subarray(0, read));
    left -= read;
  }
  return hash.digest("hex");
}

async function tour(): Promise<boolean> {
  say("Starting an emulated AWS on this machine: ec2-connect sandbox");
  await using sandbox = startCommand(["sandbox", "--no-agent-pacing", "--format", "json"]);
  const ready = await sandbox.event<SandboxReady>("ready");
  const instance = ready.instances.find((candidate) => candidate.services["http"] !== undefined);
  if (instance === undefined) throw new Error("the sandbox has no instance with services");
  await using folders = await ownFolders();
  const env = {
    ...folders.env,
    AWS_ENDPOINT_URL: ready.endpoint_url,
    AWS_REGION: ready.region,
    AWS_ACCESS_KEY_ID: ready.credentials.access_key_id,
    AWS_SECRET_ACCESS_KEY: ready.credentials.secret_access_key,
  };
  const httpPort = instance.services["http"]!;
  const echoPort = instance.services["echo"]!;

  say(`Two tunnels to ${instance.name}: ec2-connect connect ${instance.instance_id} -L … -L …`);
  const connect = startCommand([
    "connect",
    instance.instance_id,
    ...["-L", `0:${httpPort}`, "-L", `0:${echoPort}`],
    ...["--format", "json"],
  ], { env });
  await using _connect = connect;
  const forwards = [
    await connect.event<ForwardReady & { remote_port: number }>("ready"),
    await connect.event<ForwardReady & { remote_port: number }>("ready"),
  ];
  const http = forwards.find((forward) => forward.remote_port === httpPort)!;
  const echo = forwards.find((forward) => forward.remote_port === echoPort)!;
  say(
    `Ready after ${Math.round(http.connect_ms)} ms: 127.0.0.1:${http.local_port} leads to ` +
      `port ${httpPort} of the instance`,
  );

  const listed = await runCommand(["list"], { env });
  const active = listed.stdout.split("\n").filter((line) => line.includes(" active "));
  say(`From another process, ec2-connect list: ${active.length} sessions active`);

  const page = await fetch(`http://127.0.0.1:${http.local_port}/`);
  const text = await page.text();
  say(`A web request through the tunnel: status ${page.status}, ${text.length} characters`);

  const down = await fetch(`http://127.0.0.1:${http.local_port}/bytes?n=${TRANSFER_BYTES}`);
  const announced = down.headers.get("x-sha256");
  const isDownWhole = sha256(await down.bytes()) === announced;
  say(`5 MB down: checksum ${isDownWhole ? "equal" : "DIFFERENT"}`);

  say("5 MB up and back; the connection to AWS is cut in the middle, and sending goes on");
  const resuming = resumed(connect);
  const bytes = someBytes(TRANSFER_BYTES);
  const received = await echoThrough(
    echo.local_port,
    bytes,
    () => cut(ready.fault_url, echo.session_id),
  );
  const lostMs = await resuming;
  say(
    `The cut was noticed, and the session was back ${lostMs} ms later; the local connection stayed open`,
  );
  const sent = sha256(bytes);
  const isEchoWhole = received === sent;
  say(`SHA-256 of what was sent: ${short(sent)}, of what came back: ${short(received)}`);
  say(`5 MB up and back: checksum ${isEchoWhole ? "equal" : "DIFFERENT"}`);

  say("Ctrl-C");
  const status = await connect.interrupt();
  say(`The tunnels ended, exit code ${status}`);
  await sandbox.interrupt();
  return active.length === 2 && page.status === 200 && isDownWhole && isEchoWhole && status === 0;
}

async function cut(faultUrl: string, sessionId: string): Promise<void> {
  const response = await fetch(faultUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ fault: "cut", session: sessionId }),
  });
  if (!response.ok) throw new Error(`the sandbox did not cut: ${await response.text()}`);
  await response.body?.cancel();
}

/** Waits for the session to be lost and resumed; how long that took, in ms. */
async function resumed(connect: Child): Promise<number> {
  let lostAt = NaN;
  for (;;) {
    const { at, to } = await connect.event<{ at: string; to: string }>("state");
    if (to === "resuming") lostAt = Date.parse(at);
    else if (to === "active" && !Number.isNaN(lostAt)) return Date.parse(at) - lostAt;
  }
}

if (import.meta.main) {
  try {
    const isWhole = await tour();
    say(isWhole ? "All checks passed" : "A check FAILED");
    Deno.exitCode = isWhole ? 0 : 1;
  } catch (error) {
    say(`The demo failed: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
}
