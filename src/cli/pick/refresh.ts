/**
 * Fetches the list of instances anew while it is on the screen, and remembers it.
 *
 * @module
 */

import {
  type AgentReport,
  type CachedInstances,
  type Instance,
  readInstanceCache,
  writeInstanceCache,
} from "../../aws/mod.ts";
import { type AppError, messageOf, toAppError } from "../../errors/mod.ts";
import type { Clock } from "../../platform/mod.ts";
import { formatDuration } from "../duration.ts";
import { InstanceList } from "./instance_list.ts";

/** Where instances, and what is known of them, come from. */
export interface InstanceSources {
  /** The file of the last listing; undefined: nothing is remembered. */
  cachePath(): Promise<string | undefined>;
  instancePages(signal: AbortSignal): AsyncIterable<readonly Instance[]>;
  agentPings(signal: AbortSignal): AsyncIterable<readonly AgentReport[]>;
}

export interface RefreshOptions {
  sources: InstanceSources;
  clock: Clock;
  /** Aborted: nothing is fetched any more. */
  signal: AbortSignal;
  /** Called when list or status have changed, as long as somebody looks. */
  onChange(): void;
  /** Takes a line of the debug log. */
  log(line: string): void;
}

/** Drawing each of a hundred pages would be in the way of who types. */
const CHANGE_INTERVAL_MS = 150;

export class Refresh {
  readonly list: InstanceList;
  readonly #options: RefreshOptions;
  readonly #path: string | undefined;
  /** When what is remembered was fetched; undefined: nothing is. */
  readonly #rememberedAtMs: number | undefined;
  /** Aborted: agents are not asked for any more. */
  readonly #asking = new AbortController();
  #isWatched = true;
  #isComplete = false;
  #failure: AppError | undefined;
  #agents: "asked" | "known" | "refused" = "asked";
  #toldAtMs = -Infinity;
  #timer: number | undefined;

  private constructor(
    options: RefreshOptions,
    path: string | undefined,
    remembered: CachedInstances | undefined,
  ) {
    this.#options = options;
    this.#path = path;
    this.#rememberedAtMs = remembered?.atMs;
    this.list = new InstanceList(remembered?.instances);
  }

  /** With what is remembered. Nothing is fetched yet. */
  static async create(options: RefreshOptions): Promise<Refresh> {
    const path = await options.sources.cachePath();
    const remembered = path === undefined ? undefined : await readInstanceCache(path);
    return new Refresh(options, path, remembered);
  }

  /** Whether there is something to show before anything is fetched. */
  get hasRemembered(): boolean {
    return this.#rememberedAtMs !== undefined;
  }

  /** EC2 has answered, and named none. */
  get isEmpty(): boolean {
    return this.#isComplete && this.list.instances.length === 0;
  }

  /** Why EC2 did not answer. What is shown is what was remembered. */
  get failure(): AppError | undefined {
    return this.#failure;
  }

  /** What there is to say of the list; empty when it is as EC2 has it. */
  get status(): string {
    const age = this.#rememberedAtMs === undefined
      ? undefined
      : `as of ${
        formatDuration((this.#options.clock.epochMs() - this.#rememberedAtMs) / 1000)
      } ago`;
    if (this.#failure !== undefined) return `${age ?? "incomplete"}: ${this.#failure.message}`;
    if (!this.#isComplete) return age === undefined ? "looking…" : `${age}, looking again…`;
    if (this.#agents === "asked") return "asking for agents…";
    return this.#agents === "refused" ? "no permission to ask for agents" : "";
  }

  /** Fetches all of it. Never rejects: see {@link failure}. */
  async run(): Promise<void> {
    const { sources, signal, clock, log } = this.#options;
    const stop = () => this.#asking.abort();
    signal.addEventListener("abort", stop);
    const agents = this.#askForAgents();
    try {
      for await (const page of sources.instancePages(signal)) {
        this.list.addInstances(page);
        this.#changed();
      }
      this.list.endInstances();
      this.#isComplete = true;
    } catch (error) {
      this.#failure = toAppError(error);
      this.#asking.abort();
    }
    this.#changed();
    await agents;
    signal.removeEventListener("abort", stop);
    if (!this.#isComplete || this.#path === undefined) return;
    await writeInstanceCache(this.#path, {
      atMs: clock.epochMs(),
      instances: this.list.instances,
    }).catch((error) => log(`instances are not remembered: ${messageOf(error)}`));
  }

  /**
   * Nobody looks any more. EC2's list is read to its end all the same, so that the next one who looks
   * finds it; agents, which take many more calls, are not asked for.
   */
  leave(): void {
    this.#isWatched = false;
    this.#asking.abort();
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
  }

  async #askForAgents(): Promise<void> {
    const { sources, log } = this.#options;
    const { signal } = this.#asking;
    try {
      for await (const page of sources.agentPings(signal)) {
        this.list.addReports(page);
        this.#changed();
      }
      this.list.endReports("all");
      this.#agents = "known";
    } catch (error) {
      this.list.endReports(signal.aborted ? "stopped" : "refused");
      this.#agents = signal.aborted ? "known" : "refused";
      if (!signal.aborted) log(`agents are not known: ${messageOf(error)}`);
    }
    this.#changed();
  }

  /** Tells of a change at once, or a moment after the one before. */
  #changed(): void {
    const { clock, onChange } = this.#options;
    if (!this.#isWatched || this.#timer !== undefined) return;
    const tell = () => {
      this.#timer = undefined;
      this.#toldAtMs = clock.nowMs();
      onChange();
    };
    const waitMs = this.#toldAtMs + CHANGE_INTERVAL_MS - clock.nowMs();
    if (waitMs <= 0) tell();
    else this.#timer = clock.setTimeout(tell, waitMs);
  }
}
