/**
 * Our multiplexer joined to the reference library by two pipes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type SmuxEvents, SmuxSession } from "../../../src/protocol/mod.ts";
import { buildProgram } from "./toolchain.ts";

/** A generous end for a peer that got stuck; no test comes near it. */
const DEADLINE_MS = 60_000;

export interface SmuxLinkOptions extends Omit<SmuxEvents, "onOutput"> {
  /** Ours; the peer has the other one. */
  role: "client" | "server";
  /** Arguments of the peer, see smuxpeer/main.go. */
  peer: string[];
  /** Most bytes taken from our session at a time. Default 1,024, a message's payload. */
  pullBytes?: number;
  /** How the peer's bytes are cut before our session sees them. Default: as they come. */
  cutInput?: (bytes: Uint8Array) => Iterable<Uint8Array>;
}

/** One `SmuxSession` and the process it talks to. */
export class SmuxLink {
  readonly session: SmuxSession;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  readonly #stderr: Promise<string>;
  readonly #deadline: ReturnType<typeof setTimeout>;
  readonly #pullBytes: number;
  #sending = Promise.resolve();

  static async start(options: SmuxLinkOptions): Promise<SmuxLink> {
    const peer = await buildProgram("smuxpeer");
    assert.ok(peer.path !== undefined);
    return new SmuxLink(peer.path, options);
  }

  private constructor(peerPath: string, options: SmuxLinkOptions) {
    const { role, peer, pullBytes = 1024, cutInput = (bytes) => [bytes], ...events } = options;
    this.#pullBytes = pullBytes;
    this.session = new SmuxSession(role, { ...events, onOutput: () => this.#send() });
    this.#child = new Deno.Command(peerPath, {
      args: peer,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#stderr = new Response(this.#child.stderr).text();
    this.#deadline = setTimeout(() => this.#child.kill("SIGKILL"), DEADLINE_MS);
    this.#reading = this.#read(cutInput);
    // Whoever awaits it later gets the error; until then it is not an unhandled one.
    this.#reading.catch(() => {});
  }

  /** Resolves when the peer has closed its output, or rejects with what our session threw. */
  get peerOutputEnded(): Promise<void> {
    return this.#reading;
  }

  /** Sends what is pending, ends the peer's input and waits for the peer to leave. */
  async finish(): Promise<{ code: number; stderr: string }> {
    await this.#sending;
    // The peer may have left first; its status tells.
    await this.#input.close().catch(() => {});
    const { code } = await this.#child.status;
    clearTimeout(this.#deadline);
    await this.#reading.catch(() => {});
    return { code, stderr: await this.#stderr };
  }

  /** Takes and writes until nothing is left, one such run after the other. */
  #send(): void {
    this.#sending = this.#sending.then(async () => {
      for (;;) {
        const bytes = this.session.pull(this.#pullBytes);
        if (bytes === undefined) return;
        assert.ok(bytes.byteLength <= this.#pullBytes);
        await this.#input.write(bytes).catch(() => {});
      }
    });
  }

  async #read(cutInput: (bytes: Uint8Array) => Iterable<Uint8Array>): Promise<void> {
    const reader = this.#child.stdout.getReader();
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        for (const piece of cutInput(read.value)) this.session.receive(piece);
      }
    } finally {
      await reader.cancel();
    }
  }
}
