/**
 * Credentials kept until shortly before AWS stops accepting them.
 *
 * The SDK's clients keep keys without an expiration for ever; a session that outlives what
 * `~/.aws/credentials` held when it began needs to be told otherwise, so the cache is our own.
 *
 * @module
 */

import { messageOf } from "../errors/mod.ts";
import type { Credentials } from "./contracts.ts";

/** As the SDK does it: early enough for a slow login, late enough to waste little. */
export const REFRESH_AHEAD_MS = 5 * 60 * 1000;

/**
 * Obtains credentials anew.
 *
 * @param options.isRefresh Whether some were had before, so files must be read again.
 */
export type LoadCredentials = (options: { isRefresh: boolean }) => Promise<Credentials>;

export class CredentialCache {
  readonly #load: LoadCredentials;
  readonly #nowMs: () => number;
  readonly #log: (line: string) => void;
  #current: Credentials | undefined;
  #loading: Promise<Credentials> | undefined;
  #hasLoaded = false;

  constructor(
    load: LoadCredentials,
    options: { nowMs?: () => number; log?: ((line: string) => void) | undefined } = {},
  ) {
    this.#load = load;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#log = options.log ?? (() => {});
  }

  /**
   * The current credentials, new ones when these are within five minutes of their end. When that
   * fails they are still used to their last minute.
   *
   * @throws What `load` throws, when there is nothing else.
   */
  async get(): Promise<Credentials> {
    const current = this.#current;
    const leftMs = current === undefined ? 0 : this.#leftMs(current);
    if (current !== undefined && leftMs > REFRESH_AHEAD_MS) return current;
    try {
      return await this.#refresh();
    } catch (error) {
      if (current === undefined || leftMs <= 0) throw error;
      this.#log(`credentials: refresh failed, using the old ones: ${messageOf(error)}`);
      return current;
    }
  }

  /** When those in use end; undefined for long-lived ones, and before there are any. */
  get expiration(): Date | undefined {
    return this.#current?.expiration;
  }

  /** Forgets them: AWS has said that they are no longer good, whatever their expiration says. */
  invalidate(): void {
    this.#current = undefined;
  }

  /** Callers that come while one load is under way share it. */
  #refresh(): Promise<Credentials> {
    this.#loading ??= this.#load({ isRefresh: this.#hasLoaded })
      .then((credentials) => {
        this.#current = credentials;
        this.#hasLoaded = true;
        return credentials;
      })
      .finally(() => this.#loading = undefined);
    return this.#loading;
  }

  #leftMs({ expiration }: Credentials): number {
    return expiration === undefined ? Infinity : expiration.getTime() - this.#nowMs();
  }
}
