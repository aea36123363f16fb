/**
 * What is said about one tunnel: a line and state changes for a person, or events for a program.
 *
 * @module
 */

import { AppError } from "../../errors/mod.ts";
import { bracketed, formatAddress, type LocalAddress } from "../../platform/mod.ts";
import type { SessionEnd, SessionEvent, SessionReady, SessionState } from "../../session/mod.ts";
import type { Context } from "../context.ts";
import { StateNotes } from "../state_notes.ts";

export class TunnelReport {
  readonly #context: Context;
  readonly #address: LocalAddress;
  readonly #hasCommand: boolean;
  #sessionId: string | undefined;
  #state: SessionState = "connecting";
  readonly #notes: StateNotes;
  /** Events that the reader of standard output was too slow for. */
  #droppedEvents = 0;

  /**
   * @param options.address Where the tunnel listens; names the tunnel before it has a session.
   * @param options.hasCommand A command of the user's is run: in text mode, standard output is its.
   */
  constructor(options: { context: Context; address: LocalAddress; hasCommand: boolean }) {
    this.#context = options.context;
    this.#notes = new StateNotes(options.context.reporter);
    this.#address = options.address;
    this.#hasCommand = options.hasCommand;
  }

  get state(): SessionState {
    return this.#state;
  }

  ready(ready: SessionReady): void {
    this.#sessionId = ready.sessionId;
    const { reporter, io } = this.#context;
    if (reporter.format !== "json") {
      const line = readyLine(ready);
      if (this.#hasCommand) reporter.note(line);
      else reporter.result(line);
      const took = `${Math.round(ready.connectMs)} ms`;
      const { agentVersion, mode } = ready;
      reporter.log("debug", `${this.#name}: ready in ${took}, agent ${agentVersion}, ${mode}`);
      return;
    }
    this.#emit("ready", io.clock.epochMs(), {
      bind: ready.bind,
      instance_id: ready.instanceId,
      remote_host: ready.remoteHost ?? null,
      remote_port: ready.remotePort,
      connect_ms: Math.round(ready.connectMs * 10) / 10,
      agent_version: ready.agentVersion,
      mode: ready.mode,
    });
  }

  event(event: SessionEvent): void {
    if (event.type === "state") this.#state = event.to;
    if (this.#context.reporter.format === "json") this.#emitEvent(event);
    else this.#tell(event);
  }

  closed(end: SessionEnd): void {
    const { reporter, io } = this.#context;
    const failure = end.by === "user" ? undefined : endError(end, this.#name);
    if (reporter.format === "json") {
      const { by, reason } = end;
      this.#emit("closed", io.clock.epochMs(), { reason, by, exit_code: failure?.exitCode ?? 0 });
    }
    if (failure !== undefined) reporter.error(failure);
    else if (end.reason !== "") reporter.note(`${this.#name}: closed: ${end.reason}`);
    else reporter.log("debug", `${this.#name}: closed`);
  }

  get #name(): string {
    const session = this.#sessionId === undefined ? "" : ` (session ${this.#sessionId})`;
    return formatAddress(this.#address) + session;
  }

  #tell(event: SessionEvent): void {
    const { reporter } = this.#context;
    const name = this.#name;
    switch (event.type) {
      case "state":
        return this.#notes.tell(event, name);
      case "connection":
        // What our own end cuts off is no news.
        if ("reason" in event && this.#state !== "closing" && this.#state !== "failed") {
          reporter.warn(`${name}: connection ${event.connection} ${event.status}: ${event.reason}`);
        } else {
          reporter.log("debug", `${name}: connection ${event.connection} ${event.status}`);
        }
        return;
      case "restarted":
        this.#sessionId = event.ready.sessionId;
        // By the new session's name.
        return reporter.note(
          `${this.#name}: started in place of session ${event.previousSessionId}`,
        );
      case "warning":
        return reporter.warn(`${name}: ${event.message}`, event.hint);
      case "notice":
        return reporter.note(`${name}: ${event.message}`);
      default:
        return event satisfies never;
    }
  }

  #emitEvent(event: SessionEvent): void {
    switch (event.type) {
      case "state":
        return this.#emit("state", event.atMs, {
          from: event.from,
          to: event.to,
          reason: event.reason ?? null,
        });
      case "connection":
        return this.#emit("connection", event.atMs, {
          connection: event.connection,
          status: event.status,
          reason: "reason" in event ? event.reason : null,
        });
      case "restarted":
        return this.ready(event.ready);
      case "warning":
        return this.#warn(event.atMs, event.message, event.hint);
      case "notice":
        return this.#warn(event.atMs, event.message);
      default:
        return event satisfies never;
    }
  }

  #warn(atMs: number, message: string, hint?: string): void {
    this.#emit("warning", atMs, { message, hint: hint ?? null });
  }

  #emit(event: string, atMs: number, fields: Record<string, unknown>): void {
    if (this.#droppedEvents > 0) {
      const message =
        `${this.#droppedEvents} events were left out: standard output is read too slowly`;
      if (!this.#write("warning", atMs, { message, hint: null })) {
        this.#droppedEvents++;
        return;
      }
      this.#droppedEvents = 0;
    }
    if (!this.#write(event, atMs, fields)) this.#droppedEvents++;
  }

  #write(event: string, atMs: number, fields: Record<string, unknown>): boolean {
    return this.#context.reporter.jsonResult({
      event,
      at: new Date(atMs).toISOString(),
      session_id: this.#sessionId ?? null,
      local_port: this.#address.port,
      ...fields,
    });
  }
}

/** `Forwarding 127.0.0.1:8080 -> i-0123456789abcdef0:80 (session NAME-0abc)` */
export function readyLine(
  ready: Omit<SessionReady, "connectMs" | "agentVersion" | "mode">,
): string {
  const from = formatAddress({ bind: ready.bind, port: ready.localPort });
  const host = ready.remoteHost === undefined ? "" : `${bracketed(ready.remoteHost)}:`;
  const to = `${ready.instanceId}:${host}${ready.remotePort}`;
  return `Forwarding ${from} -> ${to} (session ${ready.sessionId})`;
}

function endError({ by, reason }: SessionEnd, name: string): AppError {
  if (by === "remote") {
    return new AppError("network", `The tunnel ${name} has ended: AWS or the agent closed it`, {
      why: reason === "" ? "No reason was given" : reason,
      hint: "Run the command again; if it was terminated or timed out, see the session history",
    });
  }
  return new AppError("network", `The tunnel ${name} has ended: the connection was lost`, {
    why: reason === "" ? "No reason is known" : reason,
    hint: "Check the network and run the command again",
  });
}
