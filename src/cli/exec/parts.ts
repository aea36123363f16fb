/**
 * What `exec` is made of. The factory joins the real parts, tests hand in others.
 *
 * @module
 */

import type { SessionEvent } from "../../session/mod.ts";
import type { ExplainingParts } from "../explain_failure.ts";
import type { Hosting } from "../hosting.ts";
import type { ChoosingParts, ChosenInstance } from "../pick/choose_instance.ts";
import type { StreamSession } from "../stream_session.ts";

/** A session that runs one command; its output goes to this process's streams. */
export interface CommandSession extends StreamSession {
  /** Of the command; undefined while it runs, and of agents that do not tell. */
  readonly exitCode: number | undefined;
  /** False when it was ended because nobody reads its output. */
  readonly hasReader: boolean;
  /** Has the command interrupted, as by Ctrl-C. */
  interrupt(): void;
}

/** What it is opened with. */
export interface CommandRequest {
  instance: ChosenInstance;
  /** As the agent splits it into words. */
  command: string;
  onEvent(event: SessionEvent): void;
  signal: AbortSignal;
}

export interface ExecParts extends ChoosingParts, ExplainingParts, Disposable {
  /** Begins to make this process a host of its session. */
  startHosting(): Hosting;
  open(request: CommandRequest): Promise<CommandSession>;
}
