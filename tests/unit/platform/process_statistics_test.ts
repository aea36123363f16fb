import assert from "node:assert/strict";
import { readProcessStatistics } from "../../../src/platform/mod.ts";

Deno.test("readProcessStatistics() counts memory, CPU time and descriptors of this process", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const before = await readProcessStatistics();
  assert.ok(before.residentBytes > 10_000_000, `${before.residentBytes} bytes`);
  const files = await Promise.all([1, 2, 3].map(() => Deno.open(Deno.execPath())));
  // CPU time is counted in ticks on some systems: as much work as makes one.
  let after = await readProcessStatistics();
  while (after.cpuMs - before.cpuMs < 1) after = await readProcessStatistics();
  for (const file of files) file.close();
  assert.equal(after.descriptors! - before.descriptors!, 3);
  assert.equal((await readProcessStatistics()).descriptors, before.descriptors);
});

Deno.test("descriptors are undefined where the system does not tell", async () => {
  assert.equal((await readProcessStatistics("windows")).descriptors, undefined);
});
