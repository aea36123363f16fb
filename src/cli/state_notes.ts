/**
 * What a person is told of a session's changes of state.
 *
 * @module
 */

import type { SessionEvent } from "../session/mod.ts";
import type { Reporter } from "./reporter.ts";

type StateEvent = Extract<SessionEvent, { type: "state" }>;

/** Tells the changes of one session, on standard error. */
export class StateNotes {
  readonly #reporter: Reporter;
  /** The service closed the connection as it does each hour: that it is resumed is no news. */
  #isQuiet = false;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** @param name What the session is to the person. */
  tell(event: StateEvent, name: string): void {
    const reporter = this.#reporter;
    const { from, to } = event;
    const reason = event.reason === undefined ? "" : `: ${event.reason}`;
    const wasQuiet = this.#isQuiet;
    this.#isQuiet = event.isRoutine === true;
    if (to === "resuming" && !this.#isQuiet) {
      reporter.note(`${name}: connection lost${reason}; resuming`);
    } else if (to === "restarting") {
      reporter.note(`${name}: the session is lost${reason}; starting another one`);
    } else if (from === "resuming" && to === "active" && !wasQuiet) {
      reporter.note(`${name}: resumed`);
    } else if (to === "suspect") {
      reporter.note(`${name}: connection suspect${reason}`);
    } else if (from === "suspect" && to === "active") {
      reporter.note(`${name}: connection fine again`);
    } else {
      reporter.log("debug", `${name}: ${from} -> ${to}${reason}`);
    }
  }
}
