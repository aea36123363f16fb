import assert from "node:assert/strict";
import { lockFile } from "../../../src/platform/mod.ts";

Deno.test("lockFile(): the second waits for the first, and a killed process holds nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ec2-connect-lock-" });
  try {
    const path = `${folder}/lock`;
    const order: string[] = [];
    const first = await lockFile(path);
    const waiting = lockFile(path).then((lock) => {
      order.push("second has it");
      return lock;
    });
    order.push("first lets go");
    first[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
    assert.deepEqual(order, ["first lets go", "second has it"]);

    const source = new URL("../../../src/platform/file_lock.ts", import.meta.url);
    const code = `import { lockFile } from ${JSON.stringify(source.href)};
      const lock = await lockFile(${JSON.stringify(path)});
      console.log("locked");
      setInterval(() => lock, 1000);`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--quiet", `data:text/typescript,${encodeURIComponent(code)}`],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "locked\n");
    const third = lockFile(path);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    (await third)[Symbol.dispose]();
    await assert.rejects(lockFile(`${folder}/none/lock`), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
