/**
 * Why a session could not be opened, as far as that can be found out.
 *
 * @module
 */

import { explainNotConnected, type InstanceLookup, TargetNotConnectedError } from "../aws/mod.ts";
import { AppError } from "../errors/mod.ts";
import type { ConnectDiagnosis } from "./connect/parts.ts";
import type { Context } from "./context.ts";

/** What finding out needs. */
export interface ExplainingParts {
  readonly instances: InstanceLookup;
  /** Loaded when it is wanted: most connections work. Undefined: nothing is ever diagnosed. */
  diagnosis?: (() => Promise<ConnectDiagnosis>) | undefined;
}

/** The failure with its likeliest cause; the same one where none is found, or somebody asked to stop. */
export async function explainFailure(
  error: unknown,
  about: {
    instance: { instanceId: string };
    /** `--no-diagnose` was not given. */
    diagnose: boolean;
    parts: ExplainingParts;
    context: Context;
  },
): Promise<unknown> {
  const { instance, diagnose, parts, context } = about;
  const { signal } = context.stop;
  if (!(error instanceof AppError) || signal.aborted) return error;
  if (error instanceof TargetNotConnectedError) {
    // Absent or not running: that is the whole cause, and one call tells it.
    const explained = await explainNotConnected(parts.instances, error, signal);
    if (explained !== error) return explained;
  }
  if (!diagnose || parts.diagnosis === undefined) return error;
  return await (await parts.diagnosis()).explain(error, instance);
}
