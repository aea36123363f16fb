/**
 * Whole tunnels, ours and the CLI's, in one run on one machine, as Markdown tables.
 *
 * @module
 */
import { downloadRate, median, residentMemory, roundTrips, uploadRate } from "./measure.ts";
import {
  type BenchSandbox,
  type BenchTunnel,
  openOurTunnel,
  ourStartMs,
  startBenchSandbox,
  withSessions,
} from "./ours.ts";
import { findRival, openTheirTunnel, type Rival, theirStartMs } from "./theirs.ts";

const STARTS = 9;
const ROUND_TRIPS = 1_000;
const MB = 1_000_000;

/** Figures of one tunnel. */
interface Figures {
  p50Ms: number;
  p99Ms: number;
  upMBs: number;
  downMBs: number;
}

async function measure(tunnel: BenchTunnel, bytes: number): Promise<Figures> {
  await roundTrips(tunnel.ports.echo, 100);
  const { p50Ms, p99Ms } = await roundTrips(tunnel.ports.echo, ROUND_TRIPS);
  const upMBs = await uploadRate(tunnel.ports.sink, bytes);
  const downMBs = await downloadRate(tunnel.ports.http, bytes);
  return { p50Ms, p99Ms, upMBs, downMBs };
}

function print(text = ""): void {
  // deno-lint-ignore no-console
  console.log(text);
}

function row(...cells: string[]): void {
  print(`| ${cells.join(" | ")} |`);
}

/** Prints every table; false when a part could not be measured. */
export async function benchTunnels(): Promise<boolean> {
  const rival = await findRival();
  const isMissing = "missing" in rival;
  print(
    `Machine: ${Deno.build.target}, ${navigator.hardwareConcurrency} cores, ` +
      `Deno ${Deno.version.deno}, ${Deno.osRelease()}`,
  );
  print(`Subject: ${Deno.env.get("EC2_CONNECT_TEST_EXECUTABLE") ? "executable" : "source"}`);
  if (isMissing) print(`Not measured beside us: ${rival.missing}`);
  await transferTable(isMissing ? undefined : rival);
  await using sandbox = await startBenchSandbox(true);
  await startTable(sandbox, isMissing ? undefined : rival);
  await memoryTable(sandbox, isMissing ? undefined : rival);
  return !isMissing;
}

async function transferTable(rival: Rival | undefined): Promise<void> {
  print("\n### Through one tunnel\n");
  row("client", "agent", "round trip p50", "p99", "upload", "download");
  row("---", "---", "---", "---", "---", "---");
  for (const agentPacing of [false, true]) {
    await using sandbox = await startBenchSandbox(agentPacing);
    const agent = agentPacing ? "paced, as the real one" : "unpaced";
    const show = (client: string, figures: Figures) =>
      row(
        client,
        agent,
        `${figures.p50Ms.toFixed(2)} ms`,
        `${figures.p99Ms.toFixed(2)} ms`,
        `${figures.upMBs.toFixed(1)} MB/s`,
        `${figures.downMBs.toFixed(1)} MB/s`,
      );
    {
      await using tunnel = await openOurTunnel(sandbox);
      show("ec2-connect", await measure(tunnel, agentPacing ? 5 * MB : 50 * MB));
    }
    if (rival === undefined) continue;
    await using tunnel = await openTheirTunnel(rival, sandbox);
    show(rival.name, await measure(tunnel, 5 * MB));
  }
}

async function startTable(sandbox: BenchSandbox, rival: Rival | undefined): Promise<void> {
  print(`\n### Command start to port open (median of ${STARTS})\n`);
  row("client", "start");
  row("---", "---");
  await ourStartMs(sandbox);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    ours.push(await ourStartMs(sandbox));
    if (rival !== undefined) theirs.push(await theirStartMs(rival, sandbox));
  }
  row("ec2-connect", `${median(ours).toFixed(0)} ms`);
  if (rival !== undefined) {
    row(rival.name, `${median(theirs).toFixed(0)} ms`);
    row("ratio", (median(ours) / median(theirs)).toFixed(2));
  }
}

async function memoryTable(sandbox: BenchSandbox, rival: Rival | undefined): Promise<void> {
  print("\n### Resident memory\n");
  row("process", "resident", "private");
  row("---", "---", "---");
  const show = (name: string, { total, private: own }: { total: number; private: number }) =>
    row(name, `${(total / MB).toFixed(1)} MB`, `${(own / MB).toFixed(1)} MB`);
  for (const count of [1, 10]) {
    const memory = await withSessions(sandbox, count, residentMemory);
    show(`ec2-connect, ${count} session${count === 1 ? "" : "s"}`, memory);
  }
  if (rival === undefined) return;
  await using tunnel = await openTheirTunnel(rival, sandbox);
  const parts = await Promise.all(tunnel.pids.map(residentMemory));
  show(`${rival.name}, 1 session`, {
    total: parts.reduce((sum, part) => sum + part.total, 0),
    private: parts.reduce((sum, part) => sum + part.private, 0),
  });
}
