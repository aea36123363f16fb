/**
 * The file of the last listing: whose it is, what survives a round trip, and what is not believed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  CACHED_INSTANCES_LIMIT,
  type CachedInstances,
  INSTANCE_CACHE_SCHEMA,
  instanceCachePath,
  type InstanceCacheScope,
  type ListedInstance,
  readInstanceCache,
  writeInstanceCache,
} from "../../../src/aws/mod.ts";

const ENV = {
  HOME: "/home/me",
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_ENDPOINT_URL: "http://127.0.0.1:1",
  AWS_REGION: "eu-west-1",
};

const INSTANCE: ListedInstance = {
  instanceId: "i-0123456789abcdef0",
  name: "web",
  state: "running",
  ping: "online",
  platform: "linux",
  privateIp: "10.0.0.5",
  privateDns: "ip-10-0-0-5.ec2.internal",
};

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(join(folder, "cache", "instances", `${"a".repeat(32)}.json`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function pathOf(
  scope: InstanceCacheScope = {},
  env: Record<string, string> = {},
): Promise<string> {
  return (await instanceCachePath(scope, { os: "linux", env: { ...ENV, ...env } }))!;
}

Deno.test("the file's name keeps apart whose instances they are, and tells nothing of it", async () => {
  const path = await pathOf();
  assert.match(path, /^\/home\/me\/\.cache\/ec2-connect\/instances\/[\da-f]{32}\.json$/);
  assert.equal(await pathOf(), path);
  const others = await Promise.all([
    pathOf({ region: "us-east-1" }),
    pathOf({ endpointUrl: "http://127.0.0.1:2" }),
    pathOf({ profile: "work" }),
    pathOf({ profile: "home" }),
    pathOf({}, { AWS_ACCESS_KEY_ID: "AKIAOTHER" }),
    pathOf({}, { AWS_CONFIG_FILE: "/home/me/other" }),
  ]);
  assert.equal(new Set([path, ...others]).size, others.length + 1);
});

Deno.test("options say the same as the variables they stand for", async () => {
  assert.equal(
    await pathOf({ region: "us-east-1", endpointUrl: "http://127.0.0.1:3" }),
    await pathOf({}, { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_EC2: "http://127.0.0.1:3" }),
  );
  assert.equal(await pathOf({ profile: "work" }), await pathOf({}, { AWS_PROFILE: "work" }));
});

Deno.test("a region of our own configuration counts when nothing else names one", async () => {
  const nowhere = {
    AWS_REGION: "",
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  };
  assert.equal(
    await pathOf({ fallbackRegion: "us-east-1" }, nowhere),
    await pathOf({ region: "us-east-1" }, nowhere),
  );
  assert.equal(await pathOf({ fallbackRegion: "us-east-1" }), await pathOf());
  await assert.rejects(pathOf({}, nowhere), /Cannot choose a region/);
});

Deno.test("without a home there is no cache", async () => {
  const { HOME: _, ...env } = ENV;
  assert.equal(await instanceCachePath({}, { os: "linux", env }), undefined);
});

Deno.test("what was written is read, with every character of a name", async () => {
  await inFolder(async (path) => {
    const cached: CachedInstances = {
      atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      instances: [
        INSTANCE,
        { ...INSTANCE, name: 'a "quoted"\n\x1b[31m name, 数据库 🚀', platform: "windows" },
        {
          ...INSTANCE,
          name: undefined,
          state: "stopped",
          ping: "none",
          privateIp: undefined,
          privateDns: undefined,
        },
      ],
    };
    await writeInstanceCache(path, cached);
    assert.deepEqual(await readInstanceCache(path), cached);
    if (Deno.build.os !== "windows") assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  });
});

Deno.test("no file is no list", async () => {
  await inFolder(async (path) => assert.equal(await readInstanceCache(path), undefined));
});

const at = "2026-01-02T03:04:05.678Z";
const sound = { instance_id: "i-1", state: "running", ping: "online", platform: "linux" };
const schema = INSTANCE_CACHE_SCHEMA;

for (
  const [what, content] of Object.entries({
    "empty": "",
    "cut off": JSON.stringify({ schema, at, instances: [sound] }).slice(0, -9),
    "of another schema": JSON.stringify({ schema: "v2", at, instances: [] }),
    "no object": "[]",
    "without a time": JSON.stringify({ schema, instances: [] }),
    "with a time that is none": JSON.stringify({ schema, at: "soon", instances: [] }),
    "without instances": JSON.stringify({ schema, at }),
    "with an instance that is none": JSON.stringify({ schema, at, instances: [sound, null] }),
    "with an unknown state": JSON.stringify({
      schema,
      at,
      instances: [{ ...sound, state: "asleep" }],
    }),
    "with a name that is no text": JSON.stringify({
      schema,
      at,
      instances: [{ ...sound, name: 7 }],
    }),
    "with more than was ever written": JSON.stringify({
      schema,
      at,
      instances: Array(CACHED_INSTANCES_LIMIT + 1).fill(sound),
    }),
    "too large": " ".repeat(9 * 1024 * 1024),
  })
) {
  Deno.test(`a file ${what} is no list, and is removed`, async () => {
    await inFolder(async (path) => {
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, content);
      assert.equal(await readInstanceCache(path), undefined);
      await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    });
  });
}

Deno.test("a folder in the file's place is no list", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(join(path, "full"), { recursive: true });
    assert.equal(await readInstanceCache(path), undefined);
    await assert.rejects(writeInstanceCache(path, { atMs: 0, instances: [] }), /it is a folder/);
  });
});

Deno.test("of many that write at once one whole listing is left, and nothing beside it", async () => {
  await inFolder(async (path) => {
    const listings = Array.from({ length: 20 }, (_, n): CachedInstances => ({
      atMs: n,
      instances: Array.from({ length: 200 }, () => ({ ...INSTANCE, name: `listing-${n}` })),
    }));
    const reads = listings.map(async (listing) => {
      await writeInstanceCache(path, listing);
      return await readInstanceCache(path);
    });
    for (const read of await Promise.all(reads)) assert.deepEqual(read, listings[read!.atMs]);
    const left = [...Deno.readDirSync(join(path, ".."))].map(({ name }) => name);
    assert.deepEqual(left, [`${"a".repeat(32)}.json`]);
  });
});

Deno.test("a listing is kept up to its limit, a name up to EC2's", async () => {
  await inFolder(async (path) => {
    const instances = Array.from({ length: CACHED_INSTANCES_LIMIT + 5 }, () => INSTANCE);
    instances[0] = { ...INSTANCE, name: "n".repeat(1000) };
    await writeInstanceCache(path, { atMs: 0, instances });
    const read = await readInstanceCache(path);
    assert.equal(read?.instances.length, CACHED_INSTANCES_LIMIT);
    assert.equal(read?.instances[0]?.name?.length, 256);
  });
});

Deno.test("files that nobody has used for longest are removed", async () => {
  await inFolder(async (path) => {
    const folder = join(path, "..");
    await Deno.mkdir(folder, { recursive: true });
    for (let n = 0; n < 40; n++) {
      const old = join(folder, `${String(n).padStart(32, "0")}.json`);
      await Deno.writeTextFile(old, "{}");
      await Deno.utime(old, n + 1, n + 1);
    }
    await Deno.writeTextFile(join(folder, "notes.txt"), "not ours");
    await writeInstanceCache(path, { atMs: 0, instances: [] });
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.equal(left.length, 32 + 1);
    assert.equal(left[0], `${"9".padStart(32, "0")}.json`);
    assert.ok(left.includes("notes.txt"));
  });
});
