/**
 * Session Manager: how many sessions may lead to one instance, who yields to whom, and their common
 * end.
 *
 * The limit is one of the machine: sessions that other processes hold count as well.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { SessionState } from "./contracts.ts";
import { type HostedSession, PRIORITIES, type Priority } from "./hosted.ts";

/** A session of another process. */
export interface SessionElsewhere {
  sessionId: string;
  instanceId: string;
  priority: Priority;
  startedAtMs: number;
  openConnections: number;
  end(): Promise<void>;
}

export interface SessionManagerOptions {
  /** Sessions of this machine to one instance. */
  maxPerInstance: number;
  /** Those that are open in any process, this one's among them or not. Must not reject. */
  elsewhere(): Promise<readonly SessionElsewhere[]>;
  /** Shared by the commands of a process, so that those that open at a time count each other. */
  places?: SessionPlaces;
}

/** Who holds a place of this process, and who is about to. */
export class SessionPlaces {
  readonly held = new Set<HostedSession>();
  readonly opening = new Set<SessionWish>();
  /** One admission at a time: two must not take the same place. */
  admission: Promise<unknown> = Promise.resolve();
}

/** What a session is wanted for. */
export interface SessionWish {
  instanceId: string;
  priority: Priority;
}

/** One that would have to go. */
type Candidate = Omit<SessionElsewhere, "sessionId" | "instanceId">;

const ENDED: readonly SessionState[] = ["closing", "closed", "failed"];

export class SessionManager {
  readonly #options: SessionManagerOptions;
  readonly #places: SessionPlaces;

  constructor(options: SessionManagerOptions) {
    this.#options = options;
    this.#places = options.places ?? new SessionPlaces();
  }

  /**
   * Opens a session where there is a place for it; where there is none, a session of lower priority
   * is ended for it.
   *
   * @throws {AppError} `resource` when none yields; whatever `open` throws.
   */
  async open<T extends HostedSession>(wish: SessionWish, open: () => Promise<T>): Promise<T> {
    const places = this.#places;
    const admitted = places.admission.then(() => this.#admit(wish));
    places.admission = admitted.catch(() => {});
    await admitted;
    try {
      const session = await open();
      places.held.add(session);
      session.closed.then(() => places.held.delete(session));
      return session;
    } finally {
      places.opening.delete(wish);
    }
  }

  /** Takes a place, and makes it free where it is somebody's of lower priority. */
  async #admit(wish: SessionWish): Promise<void> {
    const { maxPerInstance } = this.#options;
    const { instanceId, priority } = wish;
    const own = this.#own(instanceId);
    const opening = [...this.#places.opening].filter((other) => other.instanceId === instanceId);
    const others = await this.#others(instanceId);
    const count = own.length + opening.length + others.length;
    if (count >= maxPerInstance) {
      const yielding = firstToYield([...own, ...others], priority);
      if (yielding === undefined) throw refusal(wish, { count, maxPerInstance });
      await yielding.end();
    }
    this.#places.opening.add(wish);
  }

  #own(instanceId: string): Candidate[] {
    return [...this.#places.held].flatMap((session) => {
      const snapshot = session.snapshot();
      if (snapshot.instanceId !== instanceId || ENDED.includes(snapshot.state)) return [];
      const { priority, startedAtMs, openConnections } = snapshot;
      const end = () => session.close("it yielded its place to a session of higher priority");
      return [{ priority, startedAtMs, openConnections, end }];
    });
  }

  async #others(instanceId: string): Promise<SessionElsewhere[]> {
    const all = await this.#options.elsewhere();
    const own = new Set([...this.#places.held].map((session) => session.snapshot().sessionId));
    return all.filter((other) => other.instanceId === instanceId && !own.has(other.sessionId));
  }
}

/**
 * Ends sessions, all at a time.
 *
 * @returns Whether all had ended by the deadline; each has shorter ones of its own.
 */
export async function closeAll(
  sessions: readonly Pick<HostedSession, "close">[],
  { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = clock.setTimeout(() => late.resolve(false), timeoutMs);
  const closing = Promise.all(sessions.map((session) => session.close()));
  const isDone = await Promise.race([closing.then(() => true), late.promise]);
  clock.clearTimeout(timer);
  return isDone;
}

/**
 * Who gives its place to a session of `priority`: of those below it the lowest; of equals one that
 * nobody uses; of those the newest.
 */
function firstToYield(all: readonly Candidate[], priority: Priority): Candidate | undefined {
  const rank = (candidate: Candidate) => PRIORITIES.indexOf(candidate.priority);
  return all.filter((candidate) => rank(candidate) < PRIORITIES.indexOf(priority))
    .toSorted((a, b) =>
      rank(a) - rank(b) || a.openConnections - b.openConnections || b.startedAtMs - a.startedAtMs
    )[0];
}

function refusal(
  { instanceId, priority }: SessionWish,
  { count, maxPerInstance }: { count: number; maxPerInstance: number },
): AppError {
  const open = count === 1 ? "1 is open" : `${count} are open`;
  return new AppError("resource", `Cannot open another session to ${instanceId}: ${open}`, {
    why:
      `session.max_sessions_per_instance is ${maxPerInstance}, and none of them has a priority ` +
      `below ${priority}`,
    hint: "End one (ec2-connect list, ec2-connect terminate), raise the setting, or use a higher " +
      "--priority",
  });
}
