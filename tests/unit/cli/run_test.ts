import assert from "node:assert/strict";
import { run } from "../../../src/cli/mod.ts";
import { VERSION } from "../../../src/cli/version.ts";
import { FakeIo } from "../../support/fake_io.ts";

Deno.test("run() shows version and help on stdout with exit code 0", async () => {
  for (const args of [["--version"], ["-V"], ["connect", "-V"]]) {
    const io = new FakeIo();
    assert.equal(await run(args, io), 0);
    assert.equal(await io.stdout(), `ec2-connect ${VERSION}\n`);
    assert.equal(await io.stderr(), "");
  }
  const io = new FakeIo();
  assert.equal(await run([], io), 0);
  assert.match(await io.stdout(), /^Usage: ec2-connect COMMAND/);
});

Deno.test("run() tells a usage error on stderr with exit code 2", async () => {
  const io = new FakeIo();
  assert.equal(await run(["connect", "--local-port", "abc"], io), 2);
  assert.equal(await io.stdout(), "");
  assert.equal(
    await io.stderr(),
    'error: Cannot read --local-port: found "abc"\n  cause: Wanted a port from 0 to 65535\n',
  );
});

Deno.test("run() tells it as JSON when that was asked for, even where parsing failed", async () => {
  const lines = [
    ["connect", "--format", "json", "--local-port", "abc"],
    ["connect", "--local-port", "abc", "--format=json"],
    ["connect", "--format", "json"],
  ];
  for (const args of lines) {
    const io = new FakeIo();
    assert.equal(await run(args, io), 2);
    assert.equal(JSON.parse(await io.stderr()).error.exit_code, 2);
  }
  const io = new FakeIo();
  assert.equal(await run(["connect", "--bogus", "--", "--format", "json"], io), 2);
  assert.match(await io.stderr(), /^error: /);
});

Deno.test("run() leaves no signal listener behind", async () => {
  const io = new FakeIo();
  await run(["connect"], io);
  assert.equal(io.signalListeners, 0);
});

Deno.test("run() reports a result that could not be written", async () => {
  const full = new FakeIo({
    writeOut: () => Promise.reject(new Error("No space left on device (os error 28)")),
  });
  assert.equal(await run(["--help"], full), 5);
  assert.match(await full.stderr(), /^error: Cannot write to standard output: No space left/);
  const gone = new FakeIo({
    writeOut: () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe")),
  });
  assert.equal(await run(["--help"], gone), 0);
  assert.equal(await gone.stderr(), "");
});
