import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { parseFault } from "../../../src/sandbox/faults/parse.ts";

for (
  const fault of [
    { fault: "cut" },
    { fault: "close", code: 4000, reason: "", session: "s" },
    { fault: "garbage", kind: "truncated", times: 3, instance: "web-1" },
    { fault: "end_session", output: "idle" },
    { fault: "expire_credentials", user_key: true },
    { fault: "blackhole" },
    { fault: "delay", ms: 50, direction: "to_agent", count: 1 },
    { fault: "drop", probability: 0.5, seed: 0 },
    { fault: "lose_acks" },
    { fault: "refuse_resume", code: "DoesNotExistException", status: 400, count: 2 },
    { fault: "silence_handshake", stage: "complete" },
    { fault: "agent_version", version: "3.0.0.0" },
    { fault: "api_error", operation: "StartSession", code: "ThrottlingException" },
    { fault: "clock_skew", ms: -600_000 },
  ]
) {
  Deno.test(`parseFault() takes ${JSON.stringify(fault)}`, () => {
    assert.deepEqual(parseFault(fault), fault);
  });
}

for (
  const [json, message] of [
    [undefined, /not a JSON object/],
    [[], /not a JSON object/],
    [{}, /there is no fault undefined/],
    [{ fault: "explode" }, /there is no fault "explode"/],
    [{ fault: "toString" }, /there is no fault "toString"/],
    [{ fault: "cut", sesion: "s" }, /has no member "sesion"/],
    [{ fault: "cut", count: 1 }, /has no member "count"/],
    [{ fault: "drop" }, /needs "probability"/],
    [{ fault: "drop", probability: 2 }, /"probability" is 2, wanted a number from 0 to 1/],
    [{ fault: "delay", ms: "5" }, /"ms" is "5", wanted an integer/],
    [{ fault: "close", code: 1006 }, /wanted a WebSocket close code that may be sent/],
    [{ fault: "garbage", kind: "nice" }, /wanted one of random_bytes/],
    [{ fault: "cut", instance: "" }, /wanted a string that is not empty/],
  ] as const
) {
  Deno.test(`parseFault() refuses ${JSON.stringify(json)}`, () => {
    assert.throws(
      () => parseFault(json),
      (error) => error instanceof AppError && error.kind === "usage" && message.test(error.message),
    );
  });
}

Deno.test("parseFault() offers what there is", () => {
  assert.throws(
    () => parseFault({ fault: "x" }),
    (error) => error instanceof AppError && /blackhole/.test(error.hint ?? ""),
  );
});
