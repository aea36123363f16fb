import assert from "node:assert/strict";
import { parseCallerArn } from "../../../src/diagnostics/iam/caller_arn.ts";

Deno.test("callers are told apart by their ARN", () => {
  assert.deepEqual(parseCallerArn("arn:aws:iam::123456789012:user/team/ann"), {
    kind: "user",
    arn: "arn:aws:iam::123456789012:user/team/ann",
    userName: "ann",
    sessionPrefix: "ann",
  });
  assert.deepEqual(parseCallerArn("arn:aws-cn:sts::123456789012:assumed-role/R1/bob@example.com"), {
    kind: "assumed_role",
    partition: "aws-cn",
    account: "123456789012",
    roleName: "R1",
    pathlessRoleArn: "arn:aws-cn:iam::123456789012:role/R1",
    sessionPrefix: "bob@example.com",
  });
  assert.deepEqual(parseCallerArn("arn:aws:iam::123456789012:root"), { kind: "root" });
  const others = [
    "arn:aws:sts::123456789012:user/moto",
    "arn:aws:sts::123456789012:federated-user/bob",
    "arn:aws:iam::123456789012:user",
    "",
  ];
  for (const arn of others) assert.deepEqual(parseCallerArn(arn), { kind: "other" }, arn);
});
