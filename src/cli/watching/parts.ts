/**
 * Who `metrics`, `resources` and `health` ask. Tests hand in others.
 *
 * @module
 */
import { messageOf } from "../../errors/mod.ts";
import {
  ControlClient,
  HostGoneError,
  HostSilentError,
  type LiveHost,
  type SurveyedHost,
  surveyHosts,
} from "../../session/host/mod.ts";
import { Database, databasePath } from "../../storage/mod.ts";
import { type Context, loadSettings } from "../context.ts";
import { requireStateFolder } from "../sessions/state_folder.ts";

export interface WatchParts extends Disposable {
  survey(): Promise<SurveyedHost[]>;
  /** Figures that a host has under this name; undefined where it has none, or is gone meanwhile. */
  report<T>(host: LiveHost, name: string): Promise<T | undefined>;
  /** The history, when there is one and it can be read. Opened once. */
  history(): Promise<Database | undefined>;
}

export type CreateWatchParts = (context: Context) => Promise<WatchParts>;

/** The real parts. What keeps the history from being read is told once, and no failure. */
export async function createWatchParts(context: Context): Promise<WatchParts> {
  const { io, reporter } = context;
  const { clock } = io;
  const stateFolder = requireStateFolder(io);
  const { config } = await loadSettings(context);
  const path = databasePath(config.database.path, io);
  let history: Promise<Database | undefined> | undefined;
  const open = async () => {
    try {
      if (!await isThere(path)) return undefined;
      return await Database.open({ path, clock });
    } catch (error) {
      reporter.warn(`The history is left out: ${messageOf(error)}`);
      return undefined;
    }
  };
  return {
    survey: () => surveyHosts({ stateFolder, clock }),
    async report<T>({ file }: LiveHost, name: string) {
      using client = new ControlClient(file, { clock });
      try {
        return await client.report<T>(name);
      } catch (error) {
        if (error instanceof HostGoneError || error instanceof HostSilentError) return undefined;
        throw error;
      }
    },
    history: () => history ??= open(),
    [Symbol.dispose]: () => {
      history?.then((database) => database?.close());
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
