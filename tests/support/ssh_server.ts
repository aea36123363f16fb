/**
 * The real `sshd` on a free loopback port, with keys and a configuration of its own, and a client
 * configuration that leads to it through `ssh-proxy`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { commandLine } from "./command.ts";
import { needsPrograms } from "./needs_programs.ts";
import { quietPort } from "./quiet_port.ts";

/** Debian's openssh-server; ordinary users have no `sbin` in their PATH. */
const SSHD = "/usr/sbin/sshd";
const CLIENTS = ["ssh", "scp", "ssh-keygen"];

/** Options of a test that needs OpenSSH; says loudly what is missing. */
export function needsOpenSsh(): { ignore: boolean } {
  return needsPrograms(SSHD, ...CLIENTS);
}

export class SshServer implements AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** Keys, configurations, and room for files; removed with the server. */
  readonly folder: string;
  readonly #process: Deno.ChildProcess;
  readonly #log: string[];
  readonly #reading: Promise<void>;

  private constructor(parts: {
    port: number;
    user: string;
    folder: string;
    process: Deno.ChildProcess;
  }) {
    this.port = parts.port;
    this.user = parts.user;
    this.folder = parts.folder;
    this.#process = parts.process;
    this.#log = [];
    this.#reading = this.#read();
  }

  /**
   * @param options.keysUrl Asked by curl for the keys of a user, whose name is put behind it; beside the
   * key of `user_key`, unless `takesUserKey` is false.
   */
  static async open(
    options: { keysUrl?: string; takesUserKey?: boolean } = {},
  ): Promise<SshServer> {
    const folder = await Deno.makeTempDir({ prefix: "ec2-connect-ssh-" });
    const user = (await run("id", ["-un"])).trim();
    for (const key of ["host_key", "user_key"]) {
      await run("ssh-keygen", [
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        key,
        "-f",
        `${folder}/${key}`,
      ]);
    }
    // Where root's server drops its privileges to; ordinary users' servers need none.
    if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    const port = quietPort();
    await Deno.writeTextFile(
      `${folder}/sshd_config`,
      [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${folder}/host_key`,
        `AuthorizedKeysFile ${options.takesUserKey === false ? "none" : `${folder}/user_key.pub`}`,
        ...options.keysUrl === undefined ? [] : [
          `AuthorizedKeysCommand /usr/bin/curl -s -f ${options.keysUrl}/%u`,
          `AuthorizedKeysCommandUser ${user}`,
        ],
        "AuthenticationMethods publickey",
        "PermitRootLogin prohibit-password",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "Subsystem sftp internal-sftp",
        "",
      ].join("\n"),
    );
    const process = new Deno.Command(SSHD, {
      args: ["-D", "-e", "-f", `${folder}/sshd_config`],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const server = new SshServer({ port, user, folder, process });
    await server.#until(/^Server listening on 127\.0\.0\.1 port \d+\.$/m);
    return server;
  }

  /**
   * Writes a client configuration whose connections go through `ssh-proxy`.
   *
   * @param host What `ssh-proxy` is given as HOST: how the instance is named.
   * @param args More arguments of `ssh-proxy`.
   * @returns The arguments of `ssh` and `scp` that choose it; the host to name is `target`.
   */
  async clientConfig(host: string, args: string[] = []): Promise<string[]> {
    const [program, before] = commandLine();
    const proxy = [program, ...before, "ssh-proxy", ...args, "%h", "%p"].map(quoted).join(" ");
    const path = `${this.folder}/ssh_config`;
    await Deno.writeTextFile(
      path,
      [
        "Host target",
        `  HostName ${host}`,
        `  Port ${this.port}`,
        `  User ${this.user}`,
        `  IdentityFile ${this.folder}/user_key`,
        "  IdentitiesOnly yes",
        "  IdentityAgent none",
        "  BatchMode yes",
        "  StrictHostKeyChecking no",
        `  UserKnownHostsFile ${this.folder}/known_hosts`,
        `  ProxyCommand ${proxy}`,
        "",
      ].join("\n"),
    );
    return ["-F", path];
  }

  /** What the server has logged. */
  get log(): string {
    return this.#log.join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await this.#process.status;
    await this.#reading;
    await Deno.remove(this.folder, { recursive: true });
  }

  #logged = Promise.withResolvers<void>();
  #hasEnded = false;

  async #read(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#log.push(text.replaceAll("\r", ""));
      this.#logged.resolve();
      this.#logged = Promise.withResolvers();
    }
    this.#hasEnded = true;
    this.#logged.resolve();
  }

  async #until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.log)) {
      assert.ok(!this.#hasEnded, `sshd has ended: ${this.log}`);
      await this.#logged.promise;
    }
  }
}

/** For the shell, and for ssh, which takes a percent sign for a variable but in `%h` and `%p`. */
function quoted(word: string): string {
  if (word === "%h" || word === "%p") return word;
  return `'${word.replaceAll("'", "'\\''").replaceAll("%", "%%")}'`;
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const decoder = new TextDecoder();
  assert.ok(success, `${program} failed: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
