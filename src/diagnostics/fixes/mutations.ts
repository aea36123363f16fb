/**
 * The calls that change something, apart from those that read: a diagnosis has no way to them.
 *
 * @module
 */

import type { FixAnswer, FixParams } from "./contracts.ts";

/** Sends one request, once. Failures are the SDK's. */
export interface Mutations {
  send(
    service: "ec2" | "iam" | "ssm",
    action: string,
    params: FixParams,
    signal: AbortSignal,
  ): Promise<FixAnswer>;
}
