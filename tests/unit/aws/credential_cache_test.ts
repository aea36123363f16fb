import assert from "node:assert/strict";
import type { Credentials } from "../../../src/aws/mod.ts";
import { CredentialCache, REFRESH_AHEAD_MS } from "../../../src/aws/credential_cache.ts";

const HOUR_MS = 3_600_000;

/** A source of numbered credentials, good for an hour, over a clock that the test moves. */
class Source {
  nowMs = 1_000_000;
  loads: { isRefresh: boolean }[] = [];
  fails = false;
  readonly log: string[] = [];
  readonly cache: CredentialCache;

  constructor(lifetimeMs: number | undefined = HOUR_MS) {
    const load = (options: { isRefresh: boolean }): Promise<Credentials> => {
      this.loads.push(options);
      if (this.fails) return Promise.reject(new Error("no network"));
      const credentials: Credentials = {
        accessKeyId: `AKIA${this.loads.length}`,
        secretAccessKey: "secret",
      };
      if (lifetimeMs !== Infinity) credentials.expiration = new Date(this.nowMs + lifetimeMs);
      return Promise.resolve(credentials);
    };
    this.cache = new CredentialCache(load, {
      nowMs: () => this.nowMs,
      log: (line) => this.log.push(line),
    });
  }

  async key(): Promise<string> {
    return (await this.cache.get()).accessKeyId;
  }
}

Deno.test("credentials are had once and used until five minutes before their end", async () => {
  const source = new Source();
  assert.equal(await source.key(), "AKIA1");
  source.nowMs += HOUR_MS - REFRESH_AHEAD_MS - 1;
  assert.equal(await source.key(), "AKIA1");
  source.nowMs += 1;
  assert.equal(await source.key(), "AKIA2");
  assert.deepEqual(source.loads, [{ isRefresh: false }, { isRefresh: true }]);
});

Deno.test("credentials without an end are kept", async () => {
  const source = new Source(Infinity);
  await source.key();
  source.nowMs += 1000 * HOUR_MS;
  assert.equal(await source.key(), "AKIA1");
});

Deno.test("callers at the same time share one load", async () => {
  const source = new Source();
  assert.deepEqual(await Promise.all([source.key(), source.key()]), ["AKIA1", "AKIA1"]);
  assert.equal(source.loads.length, 1);
});

Deno.test("a failed refresh is no failure while the old ones are good", async () => {
  const source = new Source();
  await source.key();
  source.fails = true;
  source.nowMs += HOUR_MS - 1;
  assert.equal(await source.key(), "AKIA1");
  assert.deepEqual(source.log, ["credentials: refresh failed, using the old ones: no network"]);
  source.nowMs += 1;
  await assert.rejects(source.cache.get(), /no network/);
});

Deno.test("a first load that fails is tried again by the next caller", async () => {
  const source = new Source();
  source.fails = true;
  await assert.rejects(source.cache.get(), /no network/);
  source.fails = false;
  assert.equal(await source.key(), "AKIA2");
  assert.deepEqual(source.loads, [{ isRefresh: false }, { isRefresh: false }]);
});

Deno.test("invalidate() forgets what AWS has refused", async () => {
  const source = new Source(Infinity);
  await source.key();
  source.cache.invalidate();
  assert.equal(await source.key(), "AKIA2");
  assert.deepEqual(source.loads.at(-1), { isRefresh: true });
});
