import assert from "node:assert/strict";
import { TextOutput } from "../../../src/cli/text_output.ts";
import { AppError } from "../../../src/errors/mod.ts";

const NOWHERE = (bytes: Uint8Array) => Promise.resolve(bytes.byteLength);

Deno.test("TextOutput keeps the order of both streams, over writes that take only a part", async () => {
  let written = "";
  const some = (mark: string) => (bytes: Uint8Array) => {
    const count = Math.min(2, bytes.byteLength);
    written += `${mark}${new TextDecoder().decode(bytes.subarray(0, count))}`;
    return Promise.resolve(count);
  };
  const output = new TextOutput({ stdout: some("1"), stderr: some("2") });
  output.write("stdout", "abcd");
  output.write("stderr", "xyz");
  output.write("stdout", "e");
  await output.flush(1_000);
  assert.equal(written, "1ab1cd2xy2z1e");
});

Deno.test("a reader that has gone is no failure; another error is one of resources", async () => {
  const cases: [Error, (reason: unknown) => boolean][] = [
    [new Deno.errors.BrokenPipe("Broken pipe (os error 32)"), (reason) => reason === null],
    [
      new Error("No space left on device (os error 28)"),
      (reason) =>
        reason instanceof AppError && reason.exitCode === 5 &&
        reason.message === "Cannot write to standard output: No space left on device",
    ],
  ];
  for (const [error, isWanted] of cases) {
    let calls = 0;
    const fail = () => {
      calls++;
      return Promise.reject(error);
    };
    const output = new TextOutput({ stdout: fail, stderr: NOWHERE });
    output.write("stdout", "a");
    await output.flush(1_000);
    assert.equal(output.stdoutBroken.aborted, true);
    assert.ok(isWanted(output.stdoutBroken.reason), String(output.stdoutBroken.reason));
    assert.equal(output.write("stdout", "b"), true);
    await output.flush(1_000);
    assert.equal(calls, 1, "nothing more is tried");
  }
});

Deno.test("what a slow reader is behind with is bounded, and flushing does not wait for ever", async () => {
  const stuck = Promise.withResolvers<number>();
  const output = new TextOutput({ stdout: () => stuck.promise, stderr: NOWHERE });
  const line = "x".repeat(64 * 1024);
  let taken = 0;
  while (output.write("stdout", line)) taken++;
  assert.equal(taken, 16);
  await output.flush(1);
  stuck.resolve(line.length);
  await output.flush(1_000);
  assert.equal(output.write("stdout", line), true, "room again");
  await output.flush(1_000);
});

Deno.test("a write at any moment around the end of the one before is written without another", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const written: string[] = [];
    const take = (bytes: Uint8Array) => {
      written.push(new TextDecoder().decode(bytes));
      return Promise.resolve(bytes.byteLength);
    };
    const output = new TextOutput({ stdout: take, stderr: take });
    output.write("stdout", "first");
    for (let turn = 0; turn < turns; turn++) await undefined;
    output.write("stdout", "second");
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(written, ["first", "second"], `after ${turns} turns`);
  }
});
