/**
 * Which step of a login failed, from what ssh and `ssh-proxy` said.
 *
 * @module
 */
import type { ProgramResult } from "../platform/mod.ts";
import type { SshSettings } from "./ssh_client.ts";

/** What is told of steps that went well. */
type Details = { [step in StepName]?: string | undefined };

/** In the order in which they happen. */
export const STEP_NAMES = [
  "name",
  "proxy",
  "session",
  "banner",
  "host_key",
  "key",
  "command",
] as const;

export type StepName = typeof STEP_NAMES[number];

export interface Step {
  step: StepName;
  status: "ok" | "failed" | "skipped";
  /** What was found; undefined for what was not reached. */
  detail: string | undefined;
  cause: string | undefined;
  hint: string | undefined;
}

/** A failure, before it is known which steps it leaves out. */
export interface Failure {
  step: StepName;
  detail: string;
  cause?: string | undefined;
  hint: string;
  exitCode: number;
}

export interface Verdict {
  steps: Step[];
  /** 0, or what the failed step stands for. */
  exitCode: number;
}

/** Steps up to a failure; those behind it are skipped. */
export function verdict(
  details: Details,
  failure: Failure | undefined,
): Verdict {
  const failedAt = failure === undefined ? STEP_NAMES.length : STEP_NAMES.indexOf(failure.step);
  const steps = STEP_NAMES.map((step, at): Step => {
    if (at > failedAt) {
      return { step, status: "skipped", detail: undefined, cause: undefined, hint: undefined };
    }
    if (failure !== undefined && at === failedAt) {
      const { detail, cause, hint } = failure;
      return { step, status: "failed", detail, cause, hint };
    }
    return { step, status: "ok", detail: details[step], cause: undefined, hint: undefined };
  });
  return { steps, exitCode: failure?.exitCode ?? 0 };
}

/** Whether ssh would go through `ssh-proxy`: the first step, without any connection. */
export function judgeName(settings: SshSettings | string, host: string): Failure | undefined {
  if (typeof settings === "string") {
    return {
      step: "name",
      detail: "ssh cannot read its configuration",
      cause: settings,
      hint: "Correct that line; ec2-connect has not written it unless it is in ec2-connect.config",
      exitCode: 2,
    };
  }
  const proxy = settings.get("proxycommand");
  if (proxy !== undefined && /(?:^|\s)ssh-proxy\s/.test(proxy)) return undefined;
  const way = proxy ?? settings.get("proxyjump");
  return {
    step: "name",
    detail: `ssh would not reach ${host} through ec2-connect`,
    cause: way === undefined || way === "none"
      ? `It would connect to ${settings.get("hostname") ?? host} directly`
      : `It would use ${way}`,
    hint: `Run: ec2-connect vscode setup INSTANCE, then ec2-connect vscode status to see the names`,
    exitCode: 2,
  };
}

/** The program that a ProxyCommand begins with. */
export function programOf(proxyCommand: string): string {
  const [, quoted, double, bare] =
    /^'((?:[^']|'\\'')*)'|^"([^"]*)"|^(\S+)/.exec(proxyCommand.trim()) ?? [];
  const word = quoted?.replaceAll("'\\''", "'") ?? double ?? bare ?? "";
  return word.replaceAll("%%", "%");
}

/** What a login came to. `session` and the steps behind it. */
export function judgeLogin(
  { code, stderr, isLate }: ProgramResult,
  facts: { host: string; instanceId: string; settings: SshSettings; timeoutS: number },
): Verdict {
  const { host, instanceId, settings, timeoutS } = facts;
  const lines = stderr.split("\n").map((line) => line.trimEnd());
  const said = (pattern: RegExp) => lines.map((line) => pattern.exec(line)).find((m) => m !== null);
  const user = settings.get("user") ?? "?";
  const details: Details = {
    name: `${host} is ${user} on ${instanceId}`,
    proxy: programOf(settings.get("proxycommand") ?? ""),
  };
  const ready = said(/: (ready in .*)$/);
  details.session = ready?.[1] ?? "open";
  const banner = said(/^debug1: Remote protocol version \S+, remote software version (.*)$/);
  details.banner = banner?.[1];
  const serverKey = said(/^debug1: Server host key: (.*)$/);
  details.host_key = serverKey?.[1];
  const login = said(/^Authenticated to .* using "(.*)"\.?$/);
  details.key = login === undefined ? undefined : `${user}, by ${login[1]}`;
  const ours = ownError(lines);
  const fail = (failure: Failure) => verdict(details, failure);

  if (said(/Bad configuration option|Unsupported option|unsupported option/)) {
    const cause = said(/^.*(?:Bad configuration option|nsupported option).*$/)![0];
    return fail({
      step: "name",
      detail: "ssh does not know an option of its configuration",
      cause,
      hint: "Update ssh (OpenSSH 7.6 or later), or correct that line",
      exitCode: 2,
    });
  }
  if (code === 0) {
    details.command = "true ended with 0";
    return verdict(details, undefined);
  }
  if (login !== undefined) {
    return fail({
      step: "command",
      detail: isLate ? `true did not end within ${2 * timeoutS} s` : `true ended with ${code}`,
      cause: lastWords(lines),
      hint: `Check the login shell and start-up files of ${user} on ${instanceId}`,
      exitCode: 3,
    });
  }
  if (ours !== undefined && /^Cannot (?:send|read) (?:a|the) public key/.test(ours.message)) {
    return fail({
      step: "key",
      detail: ours.message,
      cause: ours.cause,
      hint: ours.hint ?? "Run ec2-connect vscode setup again",
      exitCode: ours.exitCode,
    });
  }
  if (said(/REMOTE HOST IDENTIFICATION HAS CHANGED|^Host key verification failed/)) {
    const file = settings.get("userknownhostsfile") ?? "~/.ssh/known_hosts";
    return fail({
      step: "host_key",
      detail: `The host key of ${instanceId} is not the one that is known`,
      cause: "The server's key was made anew, or somebody else answers in its place",
      hint: `If its key was made anew: ssh-keygen -R ${instanceId} -f ${file}`,
      exitCode: 4,
    });
  }
  const denied = said(/Permission denied \(([^)]*)\)|(Too many authentication failures)/);
  if (denied !== undefined) return fail(keyRefused(lines, { user, instanceId, settings }));
  if (banner !== undefined) {
    return fail({
      step: "host_key",
      detail: "The key exchange with the server did not succeed",
      cause: lastWords(lines),
      hint: `See the whole of it: ssh -v ${host} true`,
      exitCode: 3,
    });
  }
  const refused = /unable to connect to specified port/i.test(ours?.cause ?? "");
  if (refused || (ready !== undefined && ours === undefined)) {
    return fail({
      step: "banner",
      detail: refused
        ? `Nothing answers on port ${settings.get("port") ?? "22"} of ${instanceId}`
        : `No SSH server answers on port ${settings.get("port") ?? "22"} of ${instanceId}`,
      cause: refused ? ours?.cause : lastWords(lines),
      hint: "Start its ssh server (sudo systemctl start sshd), or name its port with ssh -p",
      exitCode: 3,
    });
  }
  if (ours !== undefined) {
    return fail({
      step: "session",
      detail: ours.message,
      cause: ours.cause,
      hint: ours.hint ?? `Look for the reason: ec2-connect diagnose full ${instanceId}`,
      exitCode: ours.exitCode,
    });
  }
  if (isLate || said(/timed out/i)) {
    return fail({
      step: "session",
      detail: `No session within ${timeoutS} s`,
      cause: lastWords(lines),
      hint: `Look for the reason: ec2-connect diagnose full ${instanceId}`,
      exitCode: 3,
    });
  }
  return fail({
    step: "proxy",
    detail: "The ProxyCommand ended without a word of ec2-connect",
    cause: lastWords(lines),
    hint: `Write it anew: ec2-connect vscode setup ${instanceId}`,
    exitCode: 2,
  });
}

interface OwnError {
  message: string;
  cause: string | undefined;
  hint: string | undefined;
  exitCode: number;
}

/** The error that `ssh-proxy` ended with, as it prints it. */
function ownError(lines: readonly string[]): OwnError | undefined {
  const at = lines.findLastIndex((line) => line.startsWith("error: "));
  if (at < 0) return undefined;
  const below = lines.slice(at + 1, at + 3);
  const part = (name: string) =>
    below.find((line) => line.startsWith(`  ${name}: `))?.slice(name.length + 4);
  const exitCode = lines.map((line) => / debug exit code (\d)$/.exec(line)?.[1])
    .find((found) => found !== undefined);
  return {
    message: lines[at]!.slice("error: ".length),
    cause: part("cause"),
    hint: part("hint"),
    exitCode: exitCode === undefined ? 3 : Number(exitCode),
  };
}

function keyRefused(
  lines: readonly string[],
  { user, instanceId, settings }: { user: string; instanceId: string; settings: SshSettings },
): Failure {
  const found = (pattern: RegExp) =>
    lines.map((line) => pattern.exec(line)).find((match) => match !== null);
  const isPushed = /\s--push-key\s/.test(settings.get("proxycommand") ?? "");
  const offered = lines.flatMap((line) =>
    /^debug1: Offering public key: (\S+)/.exec(line)?.[1] ?? []
  );
  const detail = offered.length === 0
    ? `${user} on ${instanceId}: ssh had no key to offer`
    : `${user} on ${instanceId} does not take ${offered.join(", ")}`;
  const missing = found(/no such identity: (.+): No such file/i)?.[1];
  const open = found(/Permissions \S+ for '(.+)' are too open/)?.[1];
  const failure = { step: "key", detail, exitCode: 4 } as const;
  if (open !== undefined) {
    return { ...failure, cause: `Others may read ${open}`, hint: `Run: chmod 600 ${open}` };
  }
  if (missing !== undefined && offered.length === 0) {
    return {
      ...failure,
      cause: `There is no ${missing}`,
      hint: "Name a key with --identity-file, or let one be sent with --push-key: " +
        `ec2-connect vscode setup ${instanceId}`,
    };
  }
  return {
    ...failure,
    cause: found(/Permission denied \([^)]*\).*|Too many authentication failures.*/)?.[0],
    hint: isPushed
      ? `Check that ${user} exists there and that ec2-instance-connect is installed, ` +
        "or name another with --user"
      : "Check the user (--user) and the key (--identity-file), or let one be sent: " +
        `ec2-connect vscode setup ${instanceId} --push-key; ` +
        "a key with a passphrase has to be in the agent (ssh-add)",
  };
}

/** The last line that is not of a debug log. */
function lastWords(lines: readonly string[]): string | undefined {
  return lines.findLast((line) =>
    line !== "" && !/^debug\d: |^\S+ (?:debug|trace) |^OpenSSH_|^ {2}(?:cause|hint): /.test(line)
  );
}
