/**
 * `vscode test`: a real login by ssh, and which of its steps failed.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import {
  judgeLogin,
  judgeName,
  programOf,
  readByteText,
  readHostFile,
  type SshClient,
  sshPlaces,
  type Step,
  type Verdict,
  verdict,
} from "../../vscode/mod.ts";
import type { VscodeTestOptions } from "../commands/vscode.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { printable } from "../text.ts";
import { findHost } from "./find_host.ts";
import { openSsh } from "./ssh.ts";

interface Tested {
  host: string;
  instanceId: string | undefined;
  verdict: Verdict;
}

/** @returns 0 when every login succeeded; else what the first failed step stands for: 2, 3, 4 or 5. */
export async function runVscodeTest(
  options: VscodeTestOptions,
  context: Context,
): Promise<number> {
  const { reporter } = context;
  const places = sshPlaces(context.io);
  const blocks = readHostFile(await readByteText(places.hostFile));
  const hosts = await hostsOf(options.target, blocks, context);
  // So that ssh-proxy tells on ssh's standard error when its session is ready, and how it ended.
  const ssh = await openSsh(places, context, {
    EC2_CONNECT_LOG_LEVEL: "debug",
    NO_COLOR: "1",
  });
  const version = await ssh.version();
  if (version === undefined) throw noSsh();
  reporter.log("debug", `ssh: ${version.text} ${ssh.configArgs.join(" ")}`);
  const tested: Tested[] = [];
  for (const host of hosts) {
    if (reporter.format === "text") reporter.note(`Logging in to ${host} ...`);
    tested.push(await testHost(host, { ssh, timeoutS: options.timeoutS, context }));
  }
  await writeResult(
    {
      schema: "vscode-test",
      value: {
        hosts: tested.map(({ host, instanceId, verdict }) => ({
          host,
          instance_id: instanceId ?? null,
          ok: verdict.exitCode === 0,
          exit_code: verdict.exitCode,
          steps: verdict.steps.map(stepFields),
        })),
      },
      text: () => tested.flatMap((each) => testLines(each)),
    },
    context,
    options.output,
  );
  return tested.find(({ verdict }) => verdict.exitCode !== 0)?.verdict.exitCode ?? 0;
}

async function hostsOf(
  target: string | undefined,
  blocks: ReturnType<typeof readHostFile>,
  context: Context,
): Promise<string[]> {
  if (target === undefined) {
    if (blocks.length > 0) return blocks.map(({ aliases }) => aliases[0]!);
    throw new AppError("config", "Cannot test a login: no Host is set up", {
      hint: "Run: ec2-connect vscode setup INSTANCE",
    });
  }
  const block = await findHost(target, blocks, context);
  const isAlias = block?.aliases.some((alias) => alias.toLowerCase() === target.toLowerCase());
  // A name that is not ours may be a Host that the user wrote with our ProxyCommand.
  return [block === undefined || isAlias ? target : block.aliases[0]!];
}

async function testHost(
  host: string,
  { ssh, timeoutS, context }: { ssh: SshClient; timeoutS: number; context: Context },
): Promise<Tested> {
  const settings = await ssh.settings(host);
  const nameFailure = judgeName(settings, host);
  if (nameFailure !== undefined || typeof settings === "string") {
    return { host, instanceId: undefined, verdict: verdict({}, nameFailure) };
  }
  const instanceId = settings.get("hostname") ?? host;
  const program = programOf(settings.get("proxycommand") ?? "");
  if (/^(?:[A-Za-z]:)?[\\/]/.test(program) && !await isFile(program)) {
    const failure = {
      step: "proxy",
      detail: `The program of the ProxyCommand is not there: ${program}`,
      cause: "ec2-connect was moved or removed since the Host was written",
      hint: `Write it anew: ec2-connect vscode setup ${instanceId}`,
      exitCode: 2,
    } as const;
    const name = `${host} is ${settings.get("user") ?? "?"} on ${instanceId}`;
    return { host, instanceId, verdict: verdict({ name }, failure) };
  }
  const result = await ssh.logIn(host, { timeoutS });
  for (const line of result.stderr.split("\n")) context.reporter.log("debug", `ssh: ${line}`);
  return {
    host,
    instanceId,
    verdict: judgeLogin(result, { host, instanceId, settings, timeoutS }),
  };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

function stepFields({ step, status, detail, cause, hint }: Step): Record<string, unknown> {
  return {
    step,
    status,
    detail: detail ?? null,
    cause: cause ?? null,
    hint: hint ?? null,
  };
}

const STEP_TITLES: Readonly<Record<Step["step"], string>> = {
  name: "name",
  proxy: "proxy",
  session: "session",
  banner: "banner",
  host_key: "host key",
  key: "key",
  command: "command",
};

function testLines({ host, verdict }: Tested): string[] {
  const width = Math.max(...Object.values(STEP_TITLES).map(({ length }) => length));
  const lines = verdict.steps.flatMap(({ step, status, detail, cause, hint }) => {
    if (status === "skipped") return [];
    const title = STEP_TITLES[step].padEnd(width);
    const line = `  ${status.padEnd(6)}  ${title}  ${printable(detail ?? "")}`.trimEnd();
    return [
      line,
      ...(cause === undefined ? [] : [`    cause: ${printable(cause)}`]),
      ...(hint === undefined ? [] : [`    hint: ${printable(hint)}`]),
    ];
  });
  const failed = verdict.steps.find(({ status }) => status === "failed");
  const head = failed === undefined
    ? `${host}: ssh logs in`
    : `${host}: ssh does not log in; the ${STEP_TITLES[failed.step]} fails`;
  return [head, ...lines];
}

function noSsh(): AppError {
  return new AppError("config", "Cannot run ssh: there is none on the PATH", {
    why: "Editors use the ssh of this machine",
    hint:
      "Install OpenSSH's client (Debian: apt install openssh-client; Windows: optional features)",
  });
}
