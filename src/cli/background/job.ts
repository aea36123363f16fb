/**
 * A command inside the background host, run for another process.
 *
 * @module
 */
import type { Hosting } from "../hosting.ts";

/** What such a command has in place of a process of its own. */
export interface BackgroundJob {
  /** The host's. */
  readonly hosting: Hosting;
  /** What the person chose of several, in place of the command line's INSTANCE. */
  readonly instance: string | undefined;
  /** Who asked has told what in the settings could not be used. */
  readonly settingsTold: boolean;
  /** To be called when all forwards are ready: who asked for them is told, and waits no more. */
  onReady(): void;
}
