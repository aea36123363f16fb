/**
 * HTTP as the SDK's clients use it: Deno's own fetch (which honours the proxy environment), the CA
 * bundle of the user, and deadlines that also cover the reading of the answer.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";
import type { EnvLookup } from "./contracts.ts";
import { EndpointError, endpointErrorOf } from "./endpoint_error.ts";

/** A page of 1,000 instances is about 5 MB of XML; past this it is no answer of AWS. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;
/** Answers with these may have no body, not even an empty one. */
const BODILESS_STATUSES = new Set([101, 204, 205, 304]);

/** What {@link fetchWithin} keeps to. */
export interface FetchLimits {
  /** Deno's client with the CA bundle; undefined for the default one. */
  client: Deno.HttpClient | undefined;
  /** Until the head of a host's first answer. Hosts that have answered have only the other one. */
  connectionTimeoutMs: number;
  /** Until the last byte of the answer. */
  requestTimeoutMs: number;
  /** Told of every {@link EndpointError}: some credential providers keep only its text. */
  onFailure?: (error: EndpointError) => void;
}

/**
 * A fetch with deadlines. The answer is read whole before it is returned, so that a server that
 * stops in the middle cannot hang the caller, and no connection outlives its deadline.
 *
 * Redirects are not followed: a signed request must not carry its token to another host.
 *
 * @returns A function that rejects with {@link EndpointError}, with `Deno.errors.NotCapable` when
 * the executable may not reach the host, or with the reason of the request's own signal.
 */
export function fetchWithin(limits: FetchLimits): (request: Request) => Promise<Response> {
  const answeredOrigins = new Set<string>();
  return async (request) => {
    const { origin } = new URL(request.url);
    const deadline = new AbortController();
    const expire = (timeoutMs: number, what: string) =>
      setTimeout(() => {
        const message = `${what} within ${timeoutMs / 1000} s`;
        deadline.abort(new EndpointError("timeout", message, { origin }));
      }, timeoutMs);
    const requestTimer = expire(limits.requestTimeoutMs, "no complete answer");
    const connectionTimer = answeredOrigins.has(origin)
      ? undefined
      : expire(limits.connectionTimeoutMs, "no answer");
    // Not AbortSignal.any: before Deno 2.7 its signal can be collected while it is listened to.
    const onAbort = () => deadline.abort(request.signal.reason);
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) onAbort();
    const init: RequestInit & { client?: Deno.HttpClient } = {
      signal: deadline.signal,
      redirect: "manual",
    };
    if (limits.client !== undefined) init.client = limits.client;
    try {
      const response = await fetch(request, init);
      clearTimeout(connectionTimer);
      answeredOrigins.add(origin);
      // EC2's parser takes a well-formed page for an answer with nothing in it. With an error status
      // a page may come from AWS's own load balancers, and the SDK tries again.
      if (response.ok && isWebPage(response)) {
        await response.body?.cancel();
        throw new EndpointError("web_page", `HTTP ${response.status}`, { origin });
      }
      const body = await readWhole(response, origin);
      return new Response(BODILESS_STATUSES.has(response.status) ? null : body, {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
      });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (request.signal.aborted) throw request.signal.reason;
      const failure = endpointErrorOf(
        deadline.signal.aborted ? deadline.signal.reason : error,
        origin,
      );
      limits.onFailure?.(failure);
      throw failure;
    } finally {
      clearTimeout(requestTimer);
      clearTimeout(connectionTimer);
      request.signal.removeEventListener("abort", onAbort);
    }
  };
}

function isWebPage(response: Response): boolean {
  return /^text\/html\b/i.test(response.headers.get("content-type") ?? "");
}

async function readWhole(response: Response, origin: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > ANSWER_LIMIT_BYTES) {
      throw new EndpointError(
        "too_large",
        `the answer is longer than ${ANSWER_LIMIT_BYTES} bytes`,
        {
          origin,
        },
      );
    }
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** The certificates of `AWS_CA_BUNDLE`, checked, and a client that trusts them beside the default roots. */
export interface CaBundle {
  /** PEM, as in the file. */
  pem: string;
  /** For `fetch` and Deno's `WebSocket` alike. The owner closes it. */
  client: Deno.HttpClient;
}

/**
 * Reads `AWS_CA_BUNDLE`.
 *
 * @returns undefined when the variable is not set.
 * @throws {AppError} `config` when the file cannot be read or holds no certificate.
 */
export async function readCaBundle(env: EnvLookup): Promise<CaBundle | undefined> {
  const path = env("AWS_CA_BUNDLE");
  if (path === undefined || path === "") return undefined;
  const refuse = (why: string, cause?: unknown) =>
    new AppError("config", `Cannot use AWS_CA_BUNDLE "${path}": ${why}`, {
      hint: "Point AWS_CA_BUNDLE at a readable file of PEM certificates, or unset it",
      cause,
    });
  let pem: string;
  try {
    pem = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw refuse("no such file", error);
    if (error instanceof Deno.errors.NotCapable) {
      throw refuse("this executable may not read it", error);
    }
    throw refuse(messageOf(error), error);
  }
  // Deno takes a text without any certificate in silence.
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    throw refuse("it holds no PEM certificate");
  }
  try {
    return { pem, client: Deno.createHttpClient({ caCerts: [pem] }) };
  } catch (error) {
    throw refuse(`a certificate in it is damaged (${messageOf(error)})`, error);
  }
}
