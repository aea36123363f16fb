/**
 * One opening of a data channel, step by step, which may be ended at any moment.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { SessionGrant, TransportClose } from "./contracts.ts";
import type { DataChannel } from "./data_channel.ts";
import { wait, withDeadline } from "./deadline.ts";

export interface OpeningOptions {
  channel: DataChannel;
  clock: Clock;
  /** Deadline of each step. */
  timeoutMs: number;
  trace: ((line: string) => void) | undefined;
}

/** Attempts to open the first connection; each fails at once or by the step's deadline. */
const CONNECT_ATTEMPTS = 3;
/** Times the attempt's number: the wait before the next one. */
const CONNECT_RETRY_MS = 150;

/** Frames that break the rules of WebSocket. Source: RFC 6455 section 7.4.1. */
const PROTOCOL_ERROR = 1002;

export class Opening implements Disposable {
  readonly #options: OpeningOptions;
  readonly #stop = new AbortController();
  readonly #unlink: () => void;

  /** @param signal Ends the step that is on, with its reason. */
  constructor(options: OpeningOptions, signal: AbortSignal) {
    this.#options = options;
    // Linked by hand: before Deno 2.7 a signal of AbortSignal.any can be collected while it is
    // listened to, and then never fires.
    const onAbort = () => this.#stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#unlink = () => signal.removeEventListener("abort", onAbort);
  }

  /**
   * Runs one step.
   *
   * @throws What it throws; `AppError` of kind `network` when it takes too long; why it was ended.
   */
  async step<T>(what: string, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, timeoutMs, channel } = this.#options;
    const { signal } = this.#stop;
    const result = await withDeadline(step, {
      clock,
      timeoutMs,
      signal,
      timeoutError: () => {
        const { lastIgnored } = channel;
        return new AppError("network", `${what}: no answer within ${timeoutMs / 1000} s`, {
          ...(lastIgnored === undefined
            ? {}
            : { why: `What did arrive was not valid: ${lastIgnored}` }),
          hint: "Check the network and the agent on the instance, or raise aws.connection_timeout",
        });
      },
    });
    // The end of the session may have come in one piece with what the step waited for.
    signal.throwIfAborted();
    return result;
  }

  /** A first connection that fails on the network is tried again: the token is good for another. */
  connect(grant: SessionGrant): Promise<void> {
    const { channel, clock, trace } = this.#options;
    return this.step("Opening the data channel", async (signal) => {
      for (let attempt = 1;; attempt++) {
        try {
          return await channel.connect(grant, signal);
        } catch (error) {
          const mayPass = error instanceof AppError && error.kind === "network";
          if (!mayPass || attempt === CONNECT_ATTEMPTS || signal.aborted) throw error;
          trace?.(`attempt ${attempt}: ${error.message}`);
          await wait(CONNECT_RETRY_MS * attempt, { clock, signal });
        }
      }
    });
  }

  /** The connection closed meanwhile. */
  onLost(close: TransportClose): void {
    this.#stop.abort(
      new AppError("network", `Handshake with the agent: ${describeClose(close)}`, {
        why: close.code === PROTOCOL_ERROR
          ? "What came is no WebSocket traffic: something on the way may change or replace it"
          : "The gateway refused the session's token, or the connection broke",
        hint: "Try again",
      }),
    );
  }

  /** The other side ended the session meanwhile. */
  onEnded(output: string): void {
    const why = output === "" ? "No reason was given" : output;
    this.#stop.abort(
      new AppError("target", "Starting the session: it was ended by the other side", {
        why,
        // The agent's own words (agent datachannel.go finalizeKMSEncryption).
        ...(/data key/i.test(output) ? { hint: AGENT_KEY_HINT } : {}),
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#unlink();
  }
}

const AGENT_KEY_HINT = "Let the instance's role call kms:Decrypt on the key of the session " +
  "preferences, and see that it reaches KMS";

/** In words, for a reason. */
export function describeClose({ code, reason }: TransportClose): string {
  return `the data channel closed with code ${code}` + (reason === "" ? "" : ` (${reason})`);
}
