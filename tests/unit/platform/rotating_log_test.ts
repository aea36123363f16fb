import assert from "node:assert/strict";
import { RotatingLog } from "../../../src/platform/mod.ts";

Deno.test("RotatingLog: two files at most, each within the limit and its owner's alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ec2-connect-log-" });
  try {
    const path = `${folder}/x.log`;
    const log = new RotatingLog(path, { limitBytes: 20 });
    // Not awaited one by one: they are written in order all the same.
    for (let line = 1; line <= 6; line++) log.write(`line ${line}\n`);
    await log.write("last\n");
    assert.equal(await Deno.readTextFile(path), "line 5\nline 6\nlast\n");
    assert.equal(await Deno.readTextFile(`${path}.1`), "line 3\nline 4\n");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "x.log",
      "x.log.1",
    ]);
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    }
    const long = "x".repeat(30) + "\n";
    await log.write(long);
    assert.equal(await Deno.readTextFile(path), long);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("RotatingLog: what cannot be written is lost and no failure", async () => {
  const log = new RotatingLog("/nonexistent/folder/x.log");
  await log.write("nobody reads this\n");
});
