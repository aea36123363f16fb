/**
 * One call of a service: cancellable, tried again once with fresh credentials, its failure in our words.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { Credentials } from "./contracts.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import { translateAwsError } from "./errors.ts";
import { ExpiredCredentialsError } from "./known_errors.ts";

/** What a call needs beside its request. */
export interface CallContext extends AwsErrorContext {
  /** Had before the request, so that a login does not count against a deadline. */
  credentials: { get(): Promise<Credentials>; invalidate(): void };
  log: (line: string) => void;
  signal: AbortSignal | undefined;
}

/** The part of every SDK answer that the log wants. */
export interface Answered {
  $metadata: {
    httpStatusCode?: number | undefined;
    requestId?: string | undefined;
    attempts?: number | undefined;
  };
}

/**
 * @param send Makes the request; the SDK does its own retries inside.
 * @throws {AppError} A translated failure.
 * @throws The signal's reason, once it is aborted (`AppError` of kind `network` for a timeout).
 */
export async function callAws<T extends Answered>(
  context: CallContext,
  send: () => Promise<T>,
): Promise<T> {
  const { credentials, signal, service, operation, log } = context;
  const sendOnce = async (): Promise<T> => {
    const startedMs = performance.now();
    const answer = await send();
    const { httpStatusCode, requestId, attempts } = answer.$metadata;
    const tookMs = Math.round(performance.now() - startedMs);
    log(
      `${service}:${operation}: HTTP ${httpStatusCode ?? "?"} after ${tookMs} ms, ` +
        `attempts ${attempts ?? 1}, request id ${requestId ?? "none"}`,
    );
    return answer;
  };
  try {
    const used = await abortable(credentials.get(), signal);
    try {
      return await sendOnce();
    } catch (error) {
      const translated = translateAwsError(error, context);
      if (!(translated instanceof ExpiredCredentialsError)) throw translated;
      credentials.invalidate();
      const fresh = await abortable(credentials.get(), signal);
      if (isSame(used, fresh)) throw translated;
      log(`${service}:${operation}: credentials had expired, trying with fresh ones`);
      return await sendOnce();
    }
  } catch (error) {
    if (signal?.aborted) throw abortReason(signal, context);
    const translated = translateAwsError(error, context);
    log(`${service}:${operation}: ${translated.message}`);
    throw translated;
  }
}

/** The promise, or a rejection with the signal's reason if that comes first. */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function abortReason(signal: AbortSignal, context: AwsErrorContext): unknown {
  const reason: unknown = signal.reason;
  if (!(reason instanceof DOMException) || reason.name !== "TimeoutError") return reason;
  return new AppError("network", `${attempt(context)}: no answer in time`, {
    why: "The deadline of the caller passed",
    cause: reason,
  });
}

function isSame(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken;
}
