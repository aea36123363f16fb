/**
 * Asks one host.
 *
 * @module
 */
import { AppError, messageOf } from "../../errors/mod.ts";
import { type Clock, systemClock } from "../../platform/mod.ts";
import type { HostFile } from "./host_file.ts";
import type { HostAnswer } from "./host_routes.ts";

/** How long a host may take to answer a question about itself. A stopped process never does. */
const ANSWER_TIMEOUT_MS = 5_000;
/** Ending a session has deadlines of its own in the host, which are shorter. */
const TERMINATE_TIMEOUT_MS = 15_000;

/** Nobody answers there, or somebody else: the host that wrote the file is gone. */
export class HostGoneError extends Error {
  override readonly name = "HostGoneError";
}

/** Somebody holds the port and says nothing. */
export class HostSilentError extends Error {
  override readonly name = "HostSilentError";
}

export class ControlClient implements Disposable {
  readonly file: HostFile;
  readonly #clock: Clock;
  readonly #http: Deno.HttpClient;

  constructor(file: HostFile, options: { clock?: Clock } = {}) {
    this.file = file;
    this.#clock = options.clock ?? systemClock;
    // Straight to the port: HTTP_PROXY is not for a question to this machine.
    this.#http = Deno.createHttpClient({
      proxy: { transport: "tcp", hostname: "127.0.0.1", port: file.port },
    });
  }

  /**
   * All sessions of the host, and the proof that it is the one that wrote the file.
   *
   * @throws {HostGoneError} @throws {HostSilentError}
   */
  async sessions(): Promise<HostAnswer> {
    const answer = await this.#json<HostAnswer>("GET", "sessions", ANSWER_TIMEOUT_MS);
    const { pid, started_at } = this.file;
    const isThis = answer?.host?.pid === pid && answer.host.started_at === started_at &&
      Array.isArray(answer.sessions);
    if (!isThis) throw new HostGoneError("another program answers in its place");
    return answer;
  }

  /** Ends a session. @returns False when the host does not hold it any more. */
  async terminate(sessionId: string): Promise<boolean> {
    const path = `sessions/${encodeURIComponent(sessionId)}/terminate`;
    return await this.#json("POST", path, TERMINATE_TIMEOUT_MS) !== undefined;
  }

  /** Drops the session's connection and resumes. @returns As `terminate`. */
  async reconnect(sessionId: string): Promise<boolean> {
    const path = `sessions/${encodeURIComponent(sessionId)}/reconnect`;
    return await this.#json("POST", path, ANSWER_TIMEOUT_MS) !== undefined;
  }

  /** Figures of the process; undefined when it has none of this name. */
  async report<T>(name: string): Promise<T | undefined> {
    return await this.#json<T>("GET", `reports/${encodeURIComponent(name)}`, ANSWER_TIMEOUT_MS);
  }

  /** Makes the background host end. Returns when it has begun to. */
  async stop(): Promise<void> {
    await this.#json("POST", "stop", ANSWER_TIMEOUT_MS);
  }

  /**
   * Has the background host open a tunnel; the answer is a stream (see `background_protocol.ts`).
   *
   * @throws {HostGoneError} When the request has reached nobody and may be made again elsewhere.
   */
  async connect(request: unknown, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send("POST", "connect", { body: request, signal });
    if (response.ok && response.body !== null) {
      // fetch lets go of its signal once it has answered: the garbage collector may take the link, and
      // the body then goes on. Observed with Deno 2.9.6.
      return response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
    }
    const why = await refusalOf(response);
    if (response.status === 503) throw new HostGoneError(why);
    throw new AppError("bug", `The background host refused the request: HTTP ${response.status}`, {
      why,
      hint: "End it with ec2-connect host stop and try again",
    });
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }

  /** @returns Undefined for "no such thing". */
  async #json<T>(method: "GET" | "POST", path: string, timeoutMs: number): Promise<T | undefined> {
    const deadline = new AbortController();
    const timer = this.#clock.setTimeout(
      () => deadline.abort(new HostSilentError(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    try {
      const response = await this.#send(method, path, { signal: deadline.signal });
      if (response.ok) return await response.json() as T;
      const why = await refusalOf(response);
      if (response.status === 404) return undefined;
      throw new HostGoneError(why);
    } catch (error) {
      deadline.signal.throwIfAborted();
      if (error instanceof SyntaxError) throw new HostGoneError("what answers is no host");
      throw error;
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  async #send(
    method: "GET" | "POST",
    path: string,
    { body, signal }: { body?: unknown; signal: AbortSignal },
  ): Promise<Response> {
    try {
      return await fetch(`http://127.0.0.1:${this.file.port}/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${this.file.token}` },
        redirect: "error",
        client: this.#http,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new HostGoneError(messageOf(error), { cause: error });
    }
  }
}

/** The endpoint's own words; anything else is not repeated. */
async function refusalOf(response: Response): Promise<string> {
  try {
    const { error } = await response.json();
    return String(error.message);
  } catch {
    return `HTTP ${response.status}`;
  }
}
