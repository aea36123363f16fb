/**
 * Failures below the service: no answer came, or what came was no HTTP.
 *
 * @module
 */

import { messageOf } from "../errors/mod.ts";

/** What kept an answer from coming. */
export type EndpointFault =
  | "refused"
  | "dns"
  | "tls"
  | "unreachable"
  | "reset"
  | "timeout"
  | "proxy"
  | "not_http"
  | "web_page"
  | "too_large"
  | "other";

/**
 * Codes that the SDK's standard retry mode counts as transient. A deadline that passed and a name
 * that does not exist are missing on purpose: a second wait would only make the person wait longer.
 */
const RETRIED_CODES: Partial<Record<EndpointFault, string>> = {
  refused: "ECONNREFUSED",
  reset: "ECONNRESET",
};

/** A request that got no answer. The message names no header and no body, so no secret either. */
export class EndpointError extends Error {
  readonly fault: EndpointFault;
  /** `https://host:port` that was asked. */
  readonly origin: string;
  /** In the way Node writes it, for the SDK's retry classification. */
  readonly code: string | undefined;

  constructor(
    fault: EndpointFault,
    message: string,
    options: { origin: string; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EndpointError";
    this.fault = fault;
    this.origin = options.origin;
    this.code = RETRIED_CODES[fault];
  }
}

/**
 * Texts of Deno's fetch, each observed on 2.6.8 and 2.9.6 (which moved them into `cause`).
 * `tests/unit/aws/http_test.ts` provokes them.
 */
const FAULT_TEXTS: readonly (readonly [EndpointFault, RegExp])[] = [
  ["proxy", /proxy authentication required|tunnel error|unsuccessful tunnel/i],
  ["dns", /dns error|failed to lookup address/i],
  ["tls", /certificate|tls|InvalidContentType|handshake|corrupt message/i],
  ["refused", /connection refused|actively refused|Requests to port \d+ are blocked/i],
  ["unreachable", /unreachable|no route to host|host is down/i],
  [
    "reset",
    /connection reset|broken pipe|connection closed|closed before|reading a body|unexpected (?:eof|end of file)|aborted/i,
  ],
  ["not_http", /invalid HTTP|parse/i],
  ["timeout", /timed out|timeout/i],
];

/** Any failure of `fetch` as an {@link EndpointError}. */
export function endpointErrorOf(error: unknown, origin: string): EndpointError {
  if (error instanceof EndpointError) return error;
  const text = causeTexts(error);
  // The address in the text may hold any of the words below ("tls.example.org").
  const bare = text.replace(/\(?\bhttps?:\/\/\S+\)?/g, "");
  const fault = FAULT_TEXTS.find(([, pattern]) => pattern.test(bare))?.[0] ?? "other";
  return new EndpointError(fault, lastPart(bare), { origin, cause: error });
}

/** The first error in the cause chain that is of the class, or undefined. */
export function findCause<T>(
  error: unknown,
  // deno-lint-ignore no-explicit-any -- any constructor will do, its arguments are not used
  wanted: new (...args: any[]) => T,
): T | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 10 && current !== undefined; depth++) {
    if (current instanceof wanted) return current;
    current = current instanceof Error ? current.cause : undefined;
  }
  return undefined;
}

function causeTexts(error: unknown): string {
  const texts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 10 && current !== undefined && current !== null; depth++) {
    texts.push(messageOf(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return texts.join(": ");
}

/** Deno's text goes from the general to the particular; the particular end is what a person needs. */
function lastPart(text: string): string {
  const client = text.split(/client error \(\w+\): /).at(-1) ?? text;
  return client.replace(/\s*\(os error \d+\)$/, "").trim();
}
