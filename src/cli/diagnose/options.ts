/**
 * What the commands of the diagnosis were asked.
 *
 * @module
 */

import type { ScoreGroup } from "../../diagnostics/mod.ts";
import type { AwsOptions } from "../invocation.ts";

/** What every one of them may be told. */
export interface TargetOptions {
  /** As it was written; undefined: none was named. */
  instance: string | undefined;
  aws: AwsOptions;
  /** Seconds for each check; undefined: the settings', else the command's own. */
  timeoutS: number | undefined;
  /** Undefined: the settings'. */
  isParallel: boolean | undefined;
  localPort: number | undefined;
  remotePort: number | undefined;
  remoteHost: string | undefined;
  searchRegions: boolean;
  /** Minutes. */
  expectedDurationMin: number | undefined;
  expectedIdleMin: number | undefined;
  output: string | undefined;
  /** Whether `--format` was given: the settings' counts otherwise. */
  hasFormat: boolean;
  isRedacted: boolean;
}

export type DiagnoseOptions =
  & TargetOptions
  & (
    | { command: "full" | "precheck" }
    | { command: "preventive"; abortOnCritical: boolean; isStrict: boolean }
    | { command: "item"; item: string }
    | { command: "aws-config"; groups: ScoreGroup[]; minimumScore: number }
    | {
      command: "aws-config-integrated";
      minimumScore: number;
      clearCache: boolean;
      /** `--no-cache` was not given. */
      usesCache: boolean;
    }
  );
