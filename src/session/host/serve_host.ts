/**
 * Makes this process a host: it can be found, asked and told by the user's other processes.
 *
 * @module
 */
import { messageOf } from "../../errors/mod.ts";
import { type Clock, systemClock } from "../../platform/mod.ts";
import { type ControlServer, serveControl } from "./control_server.ts";
import { prepareHostsFolder, removeHostFile, writeHostFile } from "./host_file.ts";
import { answerCall, type HostIdentity, type RouteOptions } from "./host_routes.ts";
import type { SessionRegistry } from "./registry.ts";
import { sessionDetails } from "./session_json.ts";
import { createToken } from "./token.ts";

export interface HostOptions extends Partial<Pick<RouteOptions, "reports" | "connect" | "stop">> {
  sessions: SessionRegistry;
  /** As `stateFolder()` names it; made when it is missing. */
  stateFolder: string;
  /** Of the program. */
  version: string;
  background: boolean;
  clock?: Clock;
  /** Takes a line about what went wrong and changes nothing for the sessions. */
  log?: (line: string) => void;
}

/** A host that can be found, until it is disposed. */
export class Host implements AsyncDisposable {
  readonly identity: HostIdentity;
  readonly #options: HostOptions;
  readonly #clock: Clock;
  readonly #token = createToken();
  readonly #path: string;
  readonly #server: ControlServer;
  readonly #watching: Disposable;
  /** The last write; each waits for the one before, so that the newest content stays. */
  #writing: Promise<void> = Promise.resolve();
  /** A write that has not begun yet will show everything up to then. */
  #isWritePlanned = false;
  #isOver = false;
  #isEnding = false;

  private constructor(options: HostOptions, folder: string) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.identity = {
      pid: Deno.pid,
      started_at: new Date(this.#clock.epochMs()).toISOString(),
      version: options.version,
      background: options.background,
    };
    this.#path = `${folder}/${Deno.pid}-${crypto.randomUUID().slice(0, 8)}.json`;
    this.#server = serveControl({
      token: this.#token,
      log: (line) => options.log?.(line),
      answer: (call) =>
        answerCall(call, {
          identity: this.identity,
          sessions: options.sessions,
          epochMs: () => this.#clock.epochMs(),
          isEnding: () => this.#isEnding,
          reports: options.reports ?? {},
          connect: options.connect,
          stop: options.stop,
        }),
    });
    this.#watching = options.sessions.onChange(() => this.#planWrite());
  }

  /**
   * @throws {AppError} `resource` when the state folder cannot be written. Nothing is left behind.
   */
  static async serve(options: HostOptions): Promise<Host> {
    const host = new Host(options, await prepareHostsFolder(options.stateFolder));
    try {
      await host.#write();
      return host;
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Port of the control endpoint. */
  get port(): number {
    return this.#server.port;
  }

  /** Resolves when the file shows the sessions as they are now, or cannot be written. */
  get written(): Promise<void> {
    return this.#writing;
  }

  /** Whether it takes no new sessions. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** From here on it says that it will soon be gone. */
  beginEnd(): void {
    this.#isEnding = true;
  }

  /** Cannot be found any more; what is being answered is answered first. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watching[Symbol.dispose]();
    await this.#writing;
    // The file first: whoever finds it must find somebody who answers.
    await removeHostFile(this.#path).catch((error) => this.#options.log?.(messageOf(error)));
    await this.#server.shutdown();
  }

  #planWrite(): void {
    if (this.#isWritePlanned || this.#isOver) return;
    this.#isWritePlanned = true;
    this.#writing = this.#writing.then(async () => {
      this.#isWritePlanned = false;
      try {
        await this.#write();
      } catch (error) {
        // The file tells an older state then; the endpoint tells the true one.
        this.#options.log?.(messageOf(error));
      }
    });
  }

  async #write(): Promise<void> {
    const nowMs = this.#clock.epochMs();
    await writeHostFile(this.#path, {
      ...this.identity,
      port: this.#server.port,
      token: this.#token,
      updated_at: new Date(nowMs).toISOString(),
      sessions: this.#options.sessions.all.map((session) =>
        sessionDetails(session.snapshot(), this.identity, nowMs)
      ),
    });
  }
}
