import assert from "node:assert/strict";
import { COMMANDS as EC2 } from "../../../src/diagnostics/api/ec2.ts";
import { COMMANDS as IAM } from "../../../src/diagnostics/api/iam.ts";
import { COMMANDS as KMS } from "../../../src/diagnostics/api/kms.ts";
import { COMMANDS as SSM } from "../../../src/diagnostics/api/ssm.ts";
import { EC2_OPERATIONS } from "../../../src/sandbox/aws/ec2/ec2.ts";
import { IAM_OPERATIONS } from "../../../src/sandbox/aws/iam/iam.ts";
import { KMS_OPERATIONS } from "../../../src/sandbox/aws/kms.ts";
import { SSM_OPERATIONS } from "../../../src/sandbox/aws/ssm.ts";

for (
  const [service, used, emulated] of [
    ["ec2", EC2, EC2_OPERATIONS],
    ["iam", IAM, IAM_OPERATIONS],
    ["kms", KMS, KMS_OPERATIONS],
    ["ssm", SSM, SSM_OPERATIONS],
  ] as const
) {
  Deno.test(`the sandbox emulates every operation of ${service} that diagnoses call`, () => {
    const missing = Object.keys(used).filter((name) => !Object.hasOwn(emulated, name));
    assert.deepEqual(missing, []);
  });
}

/** What fixes change. Source: the catalogue of fixes, and what undoes each. */
const CHANGES = {
  ec2: [
    "StartInstances",
    "StopInstances",
    "RebootInstances",
    "AssociateIamInstanceProfile",
    "DisassociateIamInstanceProfile",
    "ModifyInstanceMetadataOptions",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "ModifyVpcAttribute",
    "ModifyVpcEndpoint",
    "CreateVpcEndpoint",
    "DeleteVpcEndpoints",
  ],
  iam: ["AttachRolePolicy", "DetachRolePolicy"],
  ssm: ["SendCommand", "GetCommandInvocation", "TerminateSession"],
};

Deno.test("the sandbox emulates every change that fixes make", () => {
  const emulated = { ec2: EC2_OPERATIONS, iam: IAM_OPERATIONS, ssm: SSM_OPERATIONS };
  for (const [service, names] of Object.entries(CHANGES)) {
    const known = emulated[service as keyof typeof emulated];
    assert.deepEqual(names.filter((name) => !Object.hasOwn(known, name)), [], service);
  }
});
