/**
 * Foreign error texts made fit to be shown and logged.
 *
 * A rejected signature is answered with the canonical request, session token included (EC2 and STS,
 * `SignatureDoesNotMatch`), and a credential process may print anything: no foreign text passes
 * without going through here.
 *
 * @module
 */

import { messageOf } from "../errors/mod.ts";

/** Long enough for an authorization failure with two ARNs in it. */
const TEXT_LIMIT = 400;
/** As long as a secret access key, and longer: signatures and session tokens. */
const SECRET_LENGTH = 40;

/** The first line of a text, at most 400 characters, with everything like a secret masked. */
export function safeText(text: string): string {
  const line = text.trim().split(/\r?\n/, 1)[0] ?? "";
  const masked = line
    .replace(/\s*Encoded authorization failure message:.*$/i, "")
    // Node's text for a failed child process goes on with the whole command line.
    .replace(/(Command failed):.*$/, "$1")
    .replace(/[A-Za-z0-9+/=]{40,}/g, (run) => isSecretLike(run) ? "[hidden]" : run);
  const cut = masked.length > TEXT_LIMIT ? `${masked.slice(0, TEXT_LIMIT)}…` : masked;
  return cut.replace(/\.\s*$/, "");
}

/** A copy of a foreign error for the log: class, masked text, request id and status; no response. */
export function safeCause(error: unknown): Error {
  const copy = new Error(safeText(messageOf(error)));
  if (!(error instanceof Error)) return copy;
  copy.name = error.name;
  if (error.stack !== undefined) {
    const frames = error.stack.split("\n").filter((line) => /^\s+at /.test(line));
    copy.stack = [`${copy.name}: ${copy.message}`, ...frames].join("\n");
  }
  const metadata = (error as { $metadata?: { requestId?: string; httpStatusCode?: number } })
    .$metadata;
  if (metadata !== undefined) {
    Object.assign(copy, { requestId: metadata.requestId, httpStatusCode: metadata.httpStatusCode });
  }
  return copy;
}

/** Paths and role names are long too, but a secret mixes cases and digits. */
function isSecretLike(run: string): boolean {
  return run.length >= SECRET_LENGTH && /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run);
}
