/**
 * What an argument list asks for: the step between parsing and running.
 *
 * @module
 */

import type { KeepAlive, Priority } from "../session/mod.ts";
import type { OutputFormat } from "./errors.ts";
import type { Context } from "./context.ts";

/** Options that every command has. */
export interface GlobalOptions {
  /** Times that `-v` was given. */
  verbosity: number;
  quiet: boolean;
  /** `--no-color` was not given. */
  colour: boolean;
  /** `--no-input` was not given. */
  input: boolean;
  configPath: string | undefined;
}

/** Options of every command that talks to AWS. */
export interface AwsOptions {
  profile: string | undefined;
  region: string | undefined;
  endpointUrl: string | undefined;
}

/** What the command line says about a session that is opened. */
export interface SessionOptions {
  reason: string | undefined;
  /** Resume a lost session. */
  reconnect: boolean;
  priority: Priority;
  /** Undefined: the configuration decides. */
  keepAlive: KeepAlive | undefined;
}

/** A parsed argument list. */
export type Invocation =
  | { show: string }
  | {
    command: string;
    globals: GlobalOptions;
    format: OutputFormat;
    /** The command's own, as its `run` takes them. */
    options: unknown;
    /** Loads what the command needs and runs it; the exit code. */
    run(context: Context): Promise<number>;
  };
