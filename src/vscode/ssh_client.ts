/**
 * The ssh of this machine: which one it is, and what it makes of a name.
 *
 * @module
 */
import { type ProgramResult, runProgram } from "../platform/mod.ts";

export interface SshVersion {
  /** As ssh tells it: `OpenSSH_9.2p1 Debian-2+deb12u10`. */
  text: string;
  /** Whether it knows `StrictHostKeyChecking accept-new` (7.6); true where the version is no number. */
  isRecent: boolean;
}

/** What ssh does for a name, by option in lower case; of repeated ones the first. */
export type SshSettings = ReadonlyMap<string, string>;

const QUESTION_TIMEOUT_MS = 10_000;
/** Source: OpenSSH's release notes, 7.6. */
const NEEDED = 7.06;

export class SshClient {
  readonly #env: Record<string, string>;
  readonly #configArgs: readonly string[];
  readonly #signal: AbortSignal;

  /** @param options.config In place of the file that ssh finds by itself. */
  constructor(
    options: {
      env: Record<string, string>;
      config: string | undefined;
      signal: AbortSignal;
    },
  ) {
    this.#env = { ...options.env, LC_ALL: "C" };
    this.#configArgs = options.config === undefined ? [] : ["-F", options.config];
    this.#signal = options.signal;
  }

  /** Undefined: there is none on the PATH. */
  async version(): Promise<SshVersion | undefined> {
    const { code, stdout, stderr } = await this.#run(["-V"], QUESTION_TIMEOUT_MS);
    if (code !== 0) return undefined;
    const text = (stderr || stdout).trim().split("\n")[0]!.split(",")[0]!;
    const [, major, minor] = /OpenSSH\D*(\d+)\.(\d+)/.exec(text) ?? [];
    const isRecent = major === undefined || Number(major) + Number(minor) / 100 >= NEEDED;
    return { text, isRecent };
  }

  /** What ssh would do; or, as text, why it cannot read its configuration. */
  async settings(host: string): Promise<SshSettings | string> {
    const { code, stdout, stderr } = await this.#run(
      [...this.#configArgs, "-G", "--", host],
      QUESTION_TIMEOUT_MS,
    );
    if (code !== 0) return stderr.trim().split("\n")[0] || `ssh -G ended with ${code}`;
    const settings = new Map<string, string>();
    for (const line of stdout.split("\n")) {
      const [, key, value] = /^(\S+) (.*)$/.exec(line.trim()) ?? [];
      if (key !== undefined && !settings.has(key)) settings.set(key, value!);
    }
    return settings;
  }

  /** Logs in without a question and runs `true`; standard error is the debug log. */
  async logIn(host: string, { timeoutS }: { timeoutS: number }): Promise<ProgramResult> {
    const options = [
      ...["BatchMode=yes", `ConnectTimeout=${timeoutS}`, "LogLevel=DEBUG1"],
      // A connection of its own, and nothing on it but `true`, whatever is configured.
      ...["ControlMaster=no", "ControlPath=none", "RemoteCommand=none", "ClearAllForwardings=yes"],
    ].flatMap((option) => ["-o", option]);
    // What ssh waits for behind the banner has no limit of its own.
    const timeoutMs = 2 * timeoutS * 1000;
    return await this.#run([...this.#configArgs, ...options, "-T", "--", host, "true"], timeoutMs);
  }

  /** The configuration as a person would name it to ssh; empty for ssh's own. */
  get configArgs(): readonly string[] {
    return this.#configArgs;
  }

  #run(args: readonly string[], timeoutMs: number): Promise<ProgramResult> {
    return runProgram(["ssh", ...args], { env: this.#env, timeoutMs, signal: this.#signal });
  }
}
