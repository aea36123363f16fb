import assert from "node:assert/strict";
import type { ListedInstance } from "../../../../src/aws/mod.ts";
import { InstanceRows } from "../../../../src/cli/pick/instance_rows.ts";

function listed(instanceId: string, partial: Partial<ListedInstance> = {}): ListedInstance {
  return {
    instanceId,
    name: instanceId,
    state: "running",
    ping: "online",
    platform: "linux",
    privateIp: undefined,
    privateDns: undefined,
    ...partial,
  };
}

Deno.test("last used first, then what can be reached by name, then what cannot, then what does not run", () => {
  const rows = new InstanceRows(new Map([["old", 1], ["recent", 2], ["stopped-used", 3]])).of([
    listed("stopped", { state: "stopped", ping: "unknown" }),
    listed("lost", { ping: "connection-lost" }),
    listed("none", { ping: "none" }),
    listed("nameless", { name: undefined }),
    listed("web-10"),
    listed("web-2"),
    listed("not-asked-yet", { ping: "unknown" }),
    listed("old"),
    listed("recent"),
    listed("stopped-used", { state: "stopped" }),
  ]);
  assert.deepEqual(rows.map(({ id }) => id), [
    "stopped-used",
    "recent",
    "old",
    "not-asked-yet",
    "web-2",
    "web-10",
    "nameless",
    "lost",
    "none",
    "stopped",
  ]);
});

Deno.test("cells are what a person reads, without characters that steer a terminal", () => {
  const [row] = new InstanceRows(new Map()).of([
    listed("i-1", {
      name: 'a "b"\x1b[2J\u202e\nc',
      ping: "connection-lost",
      privateIp: "10.0.0.5",
      privateDns: "ip-10-0-0-5.ec2.internal",
    }),
  ]);
  assert.deepEqual(row!.cells, [
    'a "b"\\x1b[2J\\u202e c',
    "i-1",
    "running",
    "lost",
    "linux",
    "10.0.0.5",
  ]);
  assert.match(row!.haystack, /ip-10-0-0-5/);
});

Deno.test("only what runs can be chosen; the others are dim and say why not", () => {
  const rows = new InstanceRows(new Map()).of([
    listed("i-1"),
    listed("i-2", { ping: "none" }),
    listed("i-3", { state: "stopped" }),
    listed("i-4", { state: "shutting-down" }),
  ]);
  assert.deepEqual(rows.map(({ isDim }) => isDim), [false, false, true, true]);
  assert.deepEqual(rows.map(({ refusal }) => refusal), [
    undefined,
    undefined,
    "It is stopped: aws ec2 start-instances --instance-ids i-3",
    "It is being terminated for good: choose another",
  ]);
});

Deno.test("an instance that has not changed keeps its row", () => {
  const rows = new InstanceRows(new Map());
  const instance = listed("i-1");
  assert.equal(rows.of([instance])[0], rows.of([listed("i-2"), instance])[0]);
});
