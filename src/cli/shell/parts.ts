/**
 * What `shell` is made of. The factory joins the real parts, tests hand in others.
 *
 * @module
 */

import type { RawMode } from "../../platform/mod.ts";
import type { SessionEvent, ShellTerminal } from "../../session/mod.ts";
import type { ExplainingParts } from "../explain_failure.ts";
import type { Hosting } from "../hosting.ts";
import type { ChoosingParts, ChosenInstance } from "../pick/choose_instance.ts";
import type { StreamSession } from "../stream_session.ts";

/** What it is opened with. */
export interface ShellRequest {
  instance: ChosenInstance;
  terminal: ShellTerminal;
  onEvent(event: SessionEvent): void;
  signal: AbortSignal;
}

/** Standard input and output, and the mode of the terminal that they may be. */
export interface ShellConsole extends Omit<ShellTerminal, "isInteractive"> {
  readonly raw: RawMode & Disposable;
}

export interface ShellParts extends ChoosingParts, ExplainingParts, Disposable {
  /** Begins to make this process a host of its session. */
  startHosting(): Hosting;
  openConsole(): ShellConsole;
  /** Reads nothing of standard input before the session is ready. */
  open(request: ShellRequest): Promise<StreamSession>;
}
