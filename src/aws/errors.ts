/**
 * Every failure of an AWS call as one of our kinds, with its cause and a way out.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { credentialError, isCredentialError } from "./credential_errors.ts";
import { EndpointError, findCause } from "./endpoint_error.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import { networkError, permissionError } from "./network_errors.ts";
import { safeCause, safeText } from "./redact.ts";
import { serviceError } from "./service_errors.ts";

/**
 * @param error Whatever the SDK, `fetch` or a credential provider threw. An `AppError` is returned
 * as it is.
 * @param context Used in the words of the message only.
 */
export function translateAwsError(error: unknown, context: AwsErrorContext): AppError {
  const ours = findCause(error, AppError);
  if (ours !== undefined) return ours;
  const refusal = findCause(error, Deno.errors.NotCapable);
  if (refusal !== undefined) return permissionError(refusal, context);
  const endpointFailure = findCause(error, EndpointError);
  if (endpointFailure !== undefined) return networkError(endpointFailure, context);
  if (isCredentialError(error)) return credentialError(error, context);
  if (error instanceof Error) {
    const known = serviceError(error, context);
    if (known !== undefined) return known;
    return new AppError("bug", `${attempt(context)}: ${safeText(error.message || error.name)}`, {
      hint: "Please report this with the output of the same command and -v",
      cause: safeCause(error),
    });
  }
  return new AppError("bug", `${attempt(context)}: ${safeText(String(error))}`);
}
