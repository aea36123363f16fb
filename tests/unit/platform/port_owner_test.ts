import assert from "node:assert/strict";
import { findPortOwner } from "../../../src/platform/mod.ts";
import { listeningInode, pidHoldingSocket } from "../../../src/platform/port_owner.ts";

/** Taken from a running system; the addresses are loopback. */
const PROC_NET_TCP = `\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F91 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000000000000000 20 4 30 10 -1
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;

const DESCRIPTORS = `\
/proc/12/fd:
total 0
lrwx------ 1 a a 64 Jan  1 00:00 3 -> socket:[47111]

/proc/4242/fd:
total 0
lr-x------ 1 a a 64 Jan  1 00:00 0 -> /dev/null
lrwx------ 1 a a 64 Jan  1 00:00 9 -> socket:[4711]
`;

Deno.test("listeningInode() takes only a listening socket of exactly that port", () => {
  const cases: [number, string | undefined][] = [
    [8080, "4711"],
    [8081, undefined],
    [80, "4713"],
    [1, undefined],
  ];
  for (const [port, wanted] of cases) assert.equal(listeningInode(PROC_NET_TCP, port), wanted);
});

Deno.test("pidHoldingSocket() finds the process by the whole socket number", () => {
  assert.equal(pidHoldingSocket(DESCRIPTORS, "4711"), 4242);
  assert.equal(pidHoldingSocket(DESCRIPTORS, "47111"), 12);
  assert.equal(pidHoldingSocket(DESCRIPTORS, "1"), undefined);
});

Deno.test("findPortOwner() reads each system's own answer", async () => {
  const answers = (table: Record<string, string>) => (script: string) =>
    Promise.resolve(Object.entries(table).find(([start]) => script.startsWith(start))?.[1] ?? "");
  const linux = answers({ "cat /proc/net": PROC_NET_TCP, "ls": DESCRIPTORS, "cat": "nginx\n" });
  assert.deepEqual(await findPortOwner(8080, { os: "linux", run: linux }), {
    pid: 4242,
    command: "nginx",
  });
  assert.deepEqual(await findPortOwner(80, { os: "linux", run: linux }), {
    pid: undefined,
    command: undefined,
  }, "somebody else's process");
  assert.equal(await findPortOwner(9, { os: "linux", run: linux }), undefined);

  const lsof = answers({ "lsof -nP -iTCP:8080 ": "p77\ncGoogle Chrome\nf20\n" });
  assert.deepEqual(await findPortOwner(8080, { os: "darwin", run: lsof }), {
    pid: 77,
    command: "Google Chrome",
  });
  assert.equal(await findPortOwner(9, { os: "darwin", run: lsof }), undefined);

  const windows = answers({
    netstat: "  Proto  Local Address  Foreign Address  State  PID\r\n" +
      "  TCP    0.0.0.0:18080   0.0.0.0:0   LISTENING   9\r\n" +
      "  TCP    0.0.0.0:8080    0.0.0.0:0   LISTENING   1234\r\n",
    tasklist: '"my server.exe","1234","Console","1","10,000 K"\r\n',
  });
  assert.deepEqual(await findPortOwner(8080, { os: "windows", run: windows }), {
    pid: 1234,
    command: "my server.exe",
  });
  assert.equal(await findPortOwner(9, { os: "windows", run: windows }), undefined);
});

Deno.test("findPortOwner() never throws: a system without the tool tells nothing", async () => {
  const run = () => Promise.reject(new Deno.errors.NotFound("no shell"));
  assert.equal(await findPortOwner(8080, { run }), undefined);
});

Deno.test({
  name: "findPortOwner() names this very process for a port that it holds",
  ignore: Deno.build.os === "windows",
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const owner = await findPortOwner(listener.addr.port);
    assert.equal(owner?.pid, Deno.pid);
    assert.match(owner?.command ?? "", /deno/i);
  },
});
