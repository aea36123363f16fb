/**
 * What is said about a shell while it is open. In a terminal as little as possible: a full-screen
 * program may be on it.
 *
 * @module
 */

import { AppError } from "../../errors/mod.ts";
import type { Clock } from "../../platform/mod.ts";
import type { SessionEnd, SessionEvent } from "../../session/mod.ts";
import type { TextOutput } from "../text_output.ts";
import type { Reporter } from "../reporter.ts";
import { StateNotes } from "../state_notes.ts";
import { printable } from "../text.ts";

/** A loss that lasts this long is told: by then a person wonders why nothing answers. */
const LOSS_TOLD_AFTER_MS = 3_000;

export interface ShellReportOptions {
  /** What the session leads to. */
  name: string;
  reporter: Reporter;
  output: TextOutput;
  clock: Clock;
  /** Whether the terminal belongs to the shell. */
  isRaw(): boolean;
}

export class ShellReport implements Disposable {
  readonly #options: ShellReportOptions;
  readonly #notes: StateNotes;
  #timer: number | undefined;
  #hasTold = false;

  constructor(options: ShellReportOptions) {
    this.#options = options;
    this.#notes = new StateNotes(options.reporter);
  }

  event(event: SessionEvent): void {
    const { name, reporter, isRaw } = this.#options;
    switch (event.type) {
      case "state":
        return isRaw() ? this.#tellLoss(event) : this.#notes.tell(event, name);
      case "warning":
        return reporter.warn(`${name}: ${event.message}`, event.hint);
      case "notice":
        // Attempts that failed and the like, while the shell is on the screen.
        return isRaw()
          ? reporter.log("debug", `${name}: ${event.message}`)
          : reporter.note(`${name}: ${event.message}`);
      case "connection":
      case "restarted":
        // A shell has neither.
        return;
      default:
        return event satisfies never;
    }
  }

  [Symbol.dispose](): void {
    this.#stopTimer();
  }

  #tellLoss({ from, to, reason }: Extract<SessionEvent, { type: "state" }>): void {
    const { name, reporter, clock } = this.#options;
    reporter.log("debug", `${name}: ${from} -> ${to}${reason === undefined ? "" : `: ${reason}`}`);
    if (to === "resuming") {
      this.#timer ??= clock.setTimeout(() => {
        this.#hasTold = true;
        this.#say("connection lost, resuming; what is typed is kept; ~. leaves");
      }, LOSS_TOLD_AFTER_MS);
      return;
    }
    this.#stopTimer();
    if (to === "active" && this.#hasTold) this.#say("resumed");
    this.#hasTold = false;
  }

  #say(text: string): void {
    const { reporter, output } = this.#options;
    if (reporter.tells("info")) output.write("stderr", `\n[ec2-connect: ${text}]\n`);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The failure that an end is; undefined when the shell or somebody has ended it. */
export function shellFailure({ by, reason }: SessionEnd, name: string): AppError | undefined {
  if (by === "user" || (by === "remote" && reason === "")) return undefined;
  const what = by === "remote" ? "AWS or the agent ended it" : "the connection was lost";
  return new AppError("network", `The shell on ${name} has ended: ${what}`, {
    why: reason === "" ? "No reason is known" : printable(reason),
    hint: "What ran in it has ended with it: open another one",
  });
}
