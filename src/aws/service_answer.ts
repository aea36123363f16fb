/**
 * What a service's refusal consists of, and how it becomes an error of ours.
 *
 * @module
 */

import { AppError, type ErrorKind } from "../errors/mod.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import { safeCause } from "./redact.ts";

/** The parts of the SDK's exceptions that tell something. */
export interface SdkError extends Error {
  $fault?: "client" | "server";
  $metadata?: { httpStatusCode?: number; requestId?: string; attempts?: number };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

export interface Found {
  error: SdkError;
  context: AwsErrorContext;
  /** The service's own text, safe to show. */
  text: string;
  /** Positive when this computer's clock is ahead; undefined when the answer tells nothing. */
  skewMs: number | undefined;
}

/** Words for one code. */
export type Translate = (found: Found) => AppError;

export function say(
  { error, context }: Found,
  kind: ErrorKind,
  what: string,
  options: { why?: string; hint?: string },
): AppError {
  return new AppError(kind, `${attempt(context)}: ${what}`, {
    ...options,
    cause: safeCause(error),
  });
}

/** " in region us-east-1", where the region is known. */
export function inRegion({ region }: AwsErrorContext): string {
  return region === undefined ? "" : ` in region ${region}`;
}
