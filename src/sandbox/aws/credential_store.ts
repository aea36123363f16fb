/**
 * The keys that the sandbox knows: one user's, and the temporary ones that its STS issues.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { SandboxCredentials } from "../contracts.ts";
import { ACCOUNT_ID } from "../cloud/ids.ts";

/** Who a key belongs to. */
export interface Principal {
  accessKeyId: string;
  secretAccessKey: string;
  /** `undefined` for a user's long-lived key. */
  sessionToken: string | undefined;
  /** Epoch ms; `undefined` for a key that does not expire. */
  expiresMs: number | undefined;
  arn: string;
  userId: string;
  /** The first part of the session ids that it starts. */
  sessionName: string;
}

/** The same in every sandbox; the secret is not: with it commands are run on this machine. */
const ACCESS_KEY_ID = "AKIASANDBOX0EXAMPLE0";

export const USER_ID = "AIDASANDBOX0EXAMPLE0";

/** Temporary keys kept at a time; the oldest are forgotten. */
const MAX_TEMPORARY_KEYS = 10_000;

export class CredentialStore {
  /** The key of the sandbox's user, with a new secret each time. */
  readonly user: Readonly<SandboxCredentials> = {
    accessKeyId: ACCESS_KEY_ID,
    secretAccessKey: randomBytes(30).toString("base64"),
  };
  readonly #principals = new Map<string, Principal>();
  /** Requests with the user's own key are told that their credentials have expired. */
  isUserKeyExpired: () => boolean = () => false;

  constructor() {
    this.#principals.set(this.user.accessKeyId, {
      ...this.user,
      sessionToken: undefined,
      expiresMs: undefined,
      arn: `arn:aws:iam::${ACCOUNT_ID}:user/sandbox`,
      userId: USER_ID,
      sessionName: "sandbox",
    });
  }

  find(accessKeyId: string): Principal | undefined {
    return this.#principals.get(accessKeyId);
  }

  isExpired(principal: Principal, nowMs: number): boolean {
    if (principal.expiresMs === undefined) return this.isUserKeyExpired();
    return principal.expiresMs <= nowMs;
  }

  /** Issues temporary credentials. */
  issue(
    owner: Pick<Principal, "arn" | "userId" | "sessionName">,
    options: { nowMs: number; durationS: number },
  ): Principal & { sessionToken: string; expiresMs: number } {
    const principal = {
      ...owner,
      accessKeyId: `ASIA${randomBytes(10).toString("hex").slice(0, 16).toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(96).toString("base64"),
      expiresMs: options.nowMs + options.durationS * 1000,
    };
    this.#principals.set(principal.accessKeyId, principal);
    this.#forgetOldest();
    return principal;
  }

  /** Ends the life of every temporary key issued so far; returns how many that were. */
  expireTemporary(nowMs: number): number {
    let count = 0;
    for (const principal of this.#principals.values()) {
      if (principal.expiresMs === undefined || principal.expiresMs <= nowMs) continue;
      principal.expiresMs = nowMs;
      count++;
    }
    return count;
  }

  #forgetOldest(): void {
    for (const [id, principal] of this.#principals) {
      if (this.#principals.size <= MAX_TEMPORARY_KEYS) return;
      if (principal.expiresMs !== undefined) this.#principals.delete(id);
    }
  }
}
