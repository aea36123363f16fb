/**
 * The SDK's fetch handler over our fetch. Heavy: imported when a client is built.
 *
 * @module
 */

import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { type FetchLimits, fetchWithin } from "./http.ts";

/** One handler for every client of a command, so that connections and deadlines are shared. */
export function createRequestHandler(limits: FetchLimits): FetchHttpHandler {
  const limited = fetchWithin(limits);
  return new FetchHttpHandler({
    // The handler always passes a Request, and nothing beside it.
    customFetch: (request) => limited(request as Request),
  });
}
