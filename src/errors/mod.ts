/**
 * The kinds of failure this program knows, and the exit code of each.
 *
 * Every error that reaches a person is an {@link AppError}. Foreign errors (AWS, the operating
 * system, WebSocket) are translated once, at the border where they enter.
 *
 * @module
 */

/**
 * What went wrong, seen from the person who must act on it.
 *
 * - `bug`: our own mistake, or something nobody foresaw.
 * - `usage`, `config`: wrong arguments; unreadable or contradictory settings.
 * - `target`: the instance is absent, stopped, ambiguous to the service or not managed.
 * - `network`: DNS, TCP, TLS, proxy, WebSocket, deadlines.
 * - `protocol`: a refused handshake, a malformed message, a feature the agent lacks.
 * - `auth`: credentials missing, expired or denied.
 * - `resource`: port in use, session and rate limits, disk full, database locked.
 */
export type ErrorKind =
  | "bug"
  | "usage"
  | "config"
  | "target"
  | "network"
  | "protocol"
  | "auth"
  | "resource";

/** Process exit code of each kind. A public contract; a new kind does not compile without one. */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  bug: 1,
  usage: 2,
  config: 2,
  target: 3,
  network: 3,
  protocol: 3,
  auth: 4,
  resource: 5,
};

/** The parts of an error beside what happened. */
export interface AppErrorOptions {
  /** Why it happened, in words for a person. One sentence, no final period. */
  why?: string;
  /** The way out: a command or an action. One sentence, no final period. */
  hint?: string;
  /** The underlying error, for the log. */
  cause?: unknown;
}

/** A failure with a kind for the machine, and a message, a reason and a way out for the person. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly why: string | undefined;
  readonly hint: string | undefined;

  /** @param message What was attempted, a colon, what was found. One line, no final period. */
  constructor(kind: ErrorKind, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.kind = kind;
    this.why = options.why;
    this.hint = options.hint;
  }

  /** The process exit code that this error asks for. */
  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

/** Any thrown value as an {@link AppError}; what is not ours becomes a `bug`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError("bug", `Unexpected error: ${messageOf(error)}`, {
    hint: "Please report this with the output of the same command and -v",
    cause: error,
  });
}
