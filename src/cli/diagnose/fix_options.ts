/**
 * What `fix` was asked.
 *
 * @module
 */

import type { TargetOptions } from "./options.ts";

export interface FixCommandOptions extends TargetOptions {
  isDryRun: boolean;
  autoFix: boolean;
  safeOnly: boolean;
  /** Ids as they were written. */
  approved: string[];
  allowsVpc: boolean;
  instanceProfile: string | undefined;
  /** Take back what the run of this id changed. */
  rollback: string | undefined;
}
