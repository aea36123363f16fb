/**
 * The stand-in for session-manager-plugin started by hand, without the AWS CLI.
 *
 * @module
 */
import assert from "node:assert/strict";
import { OutputText } from "./output_text.ts";
import { buildProgram } from "./toolchain.ts";

export const TWIN_TOKEN = "token-of-the-first-connection";
export const TWIN_SESSION_ID = "user-0123456789abcdef0";

/** A running stand-in whose gateway and API are on one loopback port. */
export class TwinProcess {
  readonly stdout: OutputText;
  readonly stderr: OutputText;
  readonly #child: Deno.ChildProcess;

  static async start(
    gatewayPort: number,
    options: { env?: Record<string, string> } = {},
  ): Promise<TwinProcess> {
    const twin = await buildProgram("session-manager-plugin");
    assert.ok(twin.path !== undefined);
    const grant = {
      SessionId: TWIN_SESSION_ID,
      TokenValue: TWIN_TOKEN,
      // The raw `+`, `/` and `=` of a cell number must arrive as they are.
      StreamUrl: `ws://127.0.0.1:${gatewayPort}/v1/data-channel/${TWIN_SESSION_ID}` +
        "?role=publish_subscribe&cell-number=AA+/BB==",
    };
    const child = new Deno.Command(twin.path, {
      args: [
        "AWS_SSM_START_SESSION_RESPONSE",
        "eu-central-1",
        "StartSession",
        "",
        JSON.stringify({ Target: "i-0123456789abcdef0" }),
        `http://127.0.0.1:${gatewayPort}`,
      ],
      env: {
        AWS_SSM_START_SESSION_RESPONSE: JSON.stringify(grant),
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret-of-a-test",
        NO_PROXY: "127.0.0.1",
        ...options.env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new TwinProcess(child);
  }

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.stdout = new OutputText(child.stdout);
    this.stderr = new OutputText(child.stderr);
  }

  get stdin(): WritableStream<Uint8Array> {
    return this.#child.stdin;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Its exit status, once it has left and its output is read. */
  async exitCode(): Promise<number> {
    const { code } = await this.#child.status;
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    return code;
  }

  /** Ends it if it still runs. */
  async stop(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // Gone already.
    }
    if (!this.#child.stdin.locked) await this.#child.stdin.close().catch(() => {});
    await this.exitCode();
  }
}
