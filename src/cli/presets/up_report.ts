/**
 * What `up` says while presets come up: a line for each forward, and on a terminal who is waited for.
 *
 * @module
 */
import type { Context } from "../context.ts";
import { readyLine } from "../connect/tunnel_report.ts";
import { printable } from "../text.ts";
import type { PresetSession } from "./bring_up.ts";

export class UpReport implements Disposable {
  readonly #context: Context;
  readonly #isStreamed: boolean;
  readonly #count: number;
  readonly #waiting: Set<string>;

  /** @param options.isStreamed Forwards go to standard output as they get ready. */
  constructor(
    names: readonly string[],
    { context, isStreamed }: { context: Context; isStreamed: boolean },
  ) {
    this.#context = context;
    this.#isStreamed = isStreamed;
    this.#count = names.length;
    this.#waiting = new Set(names);
    this.#showWaiting();
  }

  /** `web: Forwarding 127.0.0.1:8080 -> i-0123456789abcdef0:80 (session NAME-0abc)` */
  static line(name: string, session: PresetSession, { wasUp }: { wasUp: boolean }): string {
    const line = readyLine({
      sessionId: session.session_id,
      instanceId: session.instance_id,
      bind: session.bind ?? "",
      localPort: session.local_port ?? 0,
      remoteHost: session.remote_host ?? undefined,
      remotePort: session.remote_port ?? 0,
    });
    return printable(`${name}: ${line}${wasUp ? ", already up" : ""}`);
  }

  ready(name: string, session: PresetSession, about: { wasUp: boolean }): void {
    if (this.#isStreamed) this.#context.reporter.result(UpReport.line(name, session, about));
  }

  /** It is up, or has failed. */
  done(name: string): void {
    this.#waiting.delete(name);
    this.#showWaiting();
  }

  [Symbol.dispose](): void {
    this.#context.reporter.status("");
  }

  #showWaiting(): void {
    const { io, globals, reporter } = this.#context;
    const isSeen = io.terminal.stderr && io.terminal.stdout && !globals.quiet &&
      io.env["TERM"] !== "dumb" &&
      reporter.format === "text";
    if (!isSeen) return;
    const done = this.#count - this.#waiting.size;
    const text = `${done} of ${this.#count}; waiting for ${[...this.#waiting].join(", ")}`;
    reporter.status(this.#waiting.size === 0 ? "" : text.slice(0, Math.max(0, io.columns() - 1)));
  }
}
