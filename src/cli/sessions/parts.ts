/**
 * What `list`, `status` and `terminate` are made of. Tests hand in others.
 *
 * @module
 */
import type { ActiveSession, Aws } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import { ControlClient, type SurveyedHost, surveyHosts } from "../../session/host/mod.ts";
import type { Database, SessionFilter, StoredSession } from "../../storage/mod.ts";
import { type Context, loadSettings } from "../context.ts";
import type { AwsOptions } from "../invocation.ts";
import { requireStateFolder } from "./state_folder.ts";

export interface SessionsParts extends Disposable {
  survey(): Promise<SurveyedHost[]>;
  /** Has the host end it. @returns False when the host does not hold it any more. */
  endAtHost(host: SurveyedHost, sessionId: string): Promise<boolean>;
  /** Ends it on AWS's side. One that has ended already is no failure. */
  endOnAws(
    session: { session_id: string; region: string | undefined },
    signal: AbortSignal,
  ): Promise<void>;
  activeOnAws(signal: AbortSignal): Promise<ActiveSession[]>;
  /** Sessions of the history, the newest first. @throws {AppError} When it cannot be read. */
  past(filter?: SessionFilter): Promise<StoredSession[]>;
  /** Closes sessions in the history whose host could not. @throws {AppError} As `past`. */
  closePast(sessionIds: readonly string[]): Promise<void>;
}

export type CreateSessionsParts = (aws: AwsOptions, context: Context) => Promise<SessionsParts>;

/** The real parts. AWS is loaded when it is asked. */
export async function createSessionsParts(
  options: AwsOptions,
  context: Context,
): Promise<SessionsParts> {
  const stateFolder = requireStateFolder(context.io);
  const settings = await loadSettings(context);
  const clients = new AwsByRegion(options, { settings, context });
  const { clock } = context.io;
  return {
    survey: () => surveyHosts({ stateFolder, clock }),
    async endAtHost({ file }, sessionId) {
      using client = new ControlClient(file, { clock });
      return await client.terminate(sessionId);
    },
    async endOnAws({ session_id, region }, signal) {
      const aws = await clients.get(options.region ?? region);
      await aws.sessionService().terminateSession(session_id, signal);
    },
    activeOnAws: async (signal) => (await clients.get(options.region)).activeSessions(signal),
    async past(filter) {
      const { listSessions } = await import("../../storage/mod.ts");
      using database = await openHistory(context);
      return listSessions(database, filter);
    },
    async closePast(sessionIds) {
      const { closeLostSession } = await import("../../storage/mod.ts");
      using database = await openHistory(context);
      const end = {
        atMs: clock.epochMs(),
        by: "user",
        reason: "terminated after its host was lost",
      };
      for (const sessionId of sessionIds) closeLostSession(database, sessionId, end);
    },
    [Symbol.dispose]: () => clients[Symbol.dispose](),
  };
}

async function openHistory(context: Context): Promise<Database> {
  const { openDatabase } = await import("../database/open.ts");
  return await openDatabase(context);
}

/** One client for each region that sessions are in. */
class AwsByRegion implements Disposable {
  readonly #options: AwsOptions;
  readonly #facts: { settings: LoadedConfig; context: Context };
  readonly #clients = new Map<string | undefined, Promise<Aws>>();
  readonly #made: Aws[] = [];

  constructor(options: AwsOptions, facts: { settings: LoadedConfig; context: Context }) {
    this.#options = options;
    this.#facts = facts;
  }

  get(region: string | undefined): Promise<Aws> {
    const known = this.#clients.get(region);
    if (known !== undefined) return known;
    const made = this.#create(region);
    this.#clients.set(region, made);
    return made;
  }

  [Symbol.dispose](): void {
    for (const aws of this.#made) aws.close();
  }

  async #create(region: string | undefined): Promise<Aws> {
    const { createAws } = await import("../factory.ts");
    const { settings, context } = this.#facts;
    const aws = await createAws({ ...this.#options, region }, settings, context);
    this.#made.push(aws);
    return aws;
  }
}
