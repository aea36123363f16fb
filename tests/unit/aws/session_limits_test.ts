import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { awsFor, FakeService, json } from "./_support.ts";

const never = new AbortController().signal;

Deno.test("sessionLimits() reads the account's preferences", async () => {
  const content = { inputs: { idleSessionTimeout: "5", maxSessionDuration: "60" } };
  await using service = new FakeService(() =>
    json({ Name: "SSM-SessionManagerRunShell", Content: JSON.stringify(content) })
  );
  using aws = awsFor(service.url);
  assert.deepEqual(await aws.sessionLimits(never), { idleTimeoutMin: 5, maxDurationMin: 60 });
  const [sent] = service.received;
  assert.equal(sent!.headers.get("x-amz-target"), "AmazonSSM.GetDocument");
  assert.deepEqual(JSON.parse(sent!.body), { Name: "SSM-SessionManagerRunShell" });
});

Deno.test("sessionLimits() knows the defaults of an account that saved none", async () => {
  await using service = new FakeService(() =>
    json({ __type: "InvalidDocument", message: "It does not exist." }, { status: 400 })
  );
  using aws = awsFor(service.url);
  assert.deepEqual(await aws.sessionLimits(never), {
    idleTimeoutMin: 20,
    maxDurationMin: undefined,
  });
});

Deno.test("sessionLimits() tells that they may not be read", async () => {
  await using service = new FakeService(() =>
    json({ __type: "AccessDeniedException", message: "not authorized" }, { status: 400 })
  );
  using aws = awsFor(service.url);
  await assert.rejects(
    aws.sessionLimits(never),
    (error) => error instanceof AppError && error.kind === "auth",
  );
});
