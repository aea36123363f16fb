/**
 * What is said about the session under an ssh, all of it on standard error.
 *
 * @module
 */

import { AppError } from "../../errors/mod.ts";
import type { SessionEnd, SessionEvent } from "../../session/mod.ts";
import type { Reporter } from "../reporter.ts";
import { StateNotes } from "../state_notes.ts";

export class SshReport {
  readonly #reporter: Reporter;
  readonly #name: string;
  readonly #notes: StateNotes;

  /** @param name What the session leads to. */
  constructor(name: string, reporter: Reporter) {
    this.#reporter = reporter;
    this.#name = name;
    this.#notes = new StateNotes(reporter);
  }

  event(event: SessionEvent): void {
    const name = this.#name;
    switch (event.type) {
      case "state":
        return this.#notes.tell(event, name);
      case "warning":
        return this.#reporter.warn(`${name}: ${event.message}`, event.hint);
      case "notice":
        return this.#reporter.note(`${name}: ${event.message}`);
      case "connection":
        return this.#reporter.log("debug", `${name}: connection ${event.status}`);
      case "restarted":
        // An ssh connection is never carried on by another session.
        return;
      default:
        return event satisfies never;
    }
  }
}

/** The failure that an end is; undefined when ssh or the server was done. */
export function endError({ by, reason }: SessionEnd, name: string): AppError | undefined {
  if (by === "user" || (by === "remote" && reason === "")) return undefined;
  const what = by === "remote" ? "AWS or the agent closed it" : "the connection was lost";
  return new AppError("network", `The session to ${name} has ended: ${what}`, {
    why: reason === "" ? "No reason is known" : reason,
    hint: /unable to connect to specified port/i.test(reason)
      ? "Check that the instance's ssh server runs and listens on that port"
      : "An ssh connection cannot go on over another session: connect again",
  });
}
