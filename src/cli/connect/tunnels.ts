/**
 * The tunnels of one command: opened together, closed together, each with an end of its own.
 *
 * @module
 */

import { closeAll, type Forward, type SessionEnd } from "../../session/mod.ts";
import type { Context } from "../context.ts";
import type { Hosting } from "../hosting.ts";
import { untilAborted } from "../stop.ts";
import type { ChosenInstance } from "../pick/choose_instance.ts";
import type { ConnectParts, Tunnel } from "./parts.ts";
import { TunnelReport } from "./tunnel_report.ts";

/** How long all tunnels together may take to end; each has shorter deadlines of its own. */
const CLOSE_TIMEOUT_MS = 8_000;

export class Tunnels implements AsyncDisposable {
  readonly #parts: Pick<ConnectParts, "openTunnel">;
  readonly #hosting: Pick<Hosting, "hold" | "noteEvent">;
  readonly #context: Context;
  readonly #hasCommand: boolean;
  readonly #open: { tunnel: Tunnel; report: TunnelReport }[] = [];
  /** One for each tunnel that was opened; resolves when its end has been reported. */
  readonly #endings: Promise<void>[] = [];
  #haveFailed = false;
  #closing: Promise<void> | undefined;

  constructor(
    options: {
      parts: Pick<ConnectParts, "openTunnel">;
      hosting: Pick<Hosting, "hold" | "noteEvent">;
      context: Context;
      hasCommand: boolean;
    },
  ) {
    this.#parts = options.parts;
    this.#hosting = options.hosting;
    this.#context = options.context;
    this.#hasCommand = options.hasCommand;
  }

  /** Those that were opened, in the order of the command line. */
  get all(): readonly Tunnel[] {
    return this.#open.map(({ tunnel }) => tunnel);
  }

  /** The state of each, for the status line. */
  get states(): readonly string[] {
    return this.#open.map(({ report }) => report.state);
  }

  /** Whether one ended that nobody asked to end. */
  get haveFailed(): boolean {
    return this.#haveFailed;
  }

  /**
   * Opens one tunnel for each forward, all at a time. Takes the listeners over.
   *
   * @throws The first failure; what had been opened by then is closed again.
   */
  async open(
    instance: ChosenInstance,
    forwards: readonly Forward[],
    listeners: readonly Deno.TcpListener[],
  ): Promise<void> {
    const { stop } = this.#context;
    const giveUp = new AbortController();
    const onStop = () => giveUp.abort(stop.signal.reason);
    stop.signal.addEventListener("abort", onStop);
    if (stop.signal.aborted) onStop();
    const opening = forwards.map(async (forward, index) => {
      const listener = listeners[index]!;
      const report = new TunnelReport({
        context: this.#context,
        address: { bind: forward.bind, port: listener.addr.port },
        hasCommand: this.#hasCommand,
      });
      try {
        const tunnel = await this.#parts.openTunnel({
          instance,
          forward,
          listener,
          onEvent: (event) => {
            this.#hosting.noteEvent(event);
            report.event(event);
          },
          signal: giveUp.signal,
        });
        await this.#hosting.hold(tunnel);
        report.ready(tunnel.ready);
        this.#endings.push(tunnel.closed.then((end) => this.#onEnd(end, report)));
        return { tunnel, report };
      } catch (error) {
        giveUp.abort(error);
        throw error;
      }
    });
    const settled = await Promise.allSettled(opening);
    this.#open.push(...settled.flatMap((result) => "value" in result ? [result.value] : []));
    stop.signal.removeEventListener("abort", onStop);
    if (!giveUp.signal.aborted) return;
    await this.close();
    throw giveUp.signal.reason;
  }

  /** Waits until all have ended, somebody asks to stop, or the reader of our output has gone. */
  async untilOver(): Promise<void> {
    const { stop, io } = this.#context;
    const asked = untilAborted([stop.signal, io.output.stdoutBroken]);
    await Promise.race([Promise.all(this.#endings), asked.aborted]);
    asked.stop();
  }

  /** Ends all of them, within a deadline. Calling it again waits for the same end. */
  close(): Promise<void> {
    return this.#closing ??= this.#closeAll();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeAll(): Promise<void> {
    const { clock } = this.#context.io;
    if (await closeAll(this.all, { clock, timeoutMs: CLOSE_TIMEOUT_MS })) {
      await Promise.all(this.#endings);
      return;
    }
    this.#context.reporter.warn(
      "Not every session could be ended in time",
      "They end by themselves at the account's idle timeout",
    );
  }

  #onEnd(end: SessionEnd, report: TunnelReport): void {
    if (end.by !== "user") this.#haveFailed = true;
    report.closed(end);
  }
}
