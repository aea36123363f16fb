/**
 * Roles, and what they and the caller may do (F9, F10, F22).
 *
 * Three ways to learn what a principal may do, the best one first: IAM's simulator, the policies
 * evaluated here, the names of the attached policies. The next one is tried when one is not allowed,
 * not offered or failing.
 *
 * @module
 */

import type { EvaluationResult, Role as SdkRole } from "@aws-sdk/client-iam";
import { FactFailure, notApplicable } from "../api/fact_failure.ts";
import { failed } from "../facts/fact.ts";
import type {
  CallerPermissions,
  InstanceProfile,
  NamedPolicy,
  Permissions,
  ProfileAssociation,
  Role,
  SimulatedDecision,
  TriedMethod,
} from "../facts/iam.ts";
import {
  callerQuestions,
  instanceArn,
  LEGACY_ROLE_ACTIONS,
  type PermissionQuestion,
  PREFERENCE_ROLE_ACTIONS,
  RECOMMENDED_ROLE_ACTIONS,
  REQUIRED_ROLE_ACTIONS,
  UPDATE_INSTANCE_INFORMATION,
} from "../iam/actions.ts";
import { type Caller, parseCallerArn } from "../iam/caller_arn.ts";
import { parsePolicyDocument } from "../iam/policy_document.ts";
import { foreignAnswer } from "./account_readers.ts";
import { instanceIn, listed } from "./ec2_lists.ts";
import { allPages, next, type ReadContext, type Readers } from "./reader.ts";

type IamFacts =
  | "profileAssociation"
  | "instanceProfile"
  | "rolePermissions"
  | "hostManagementRole"
  | "hostManagementPermissions"
  | "callerPermissions";

export const iamReaders: Pick<Readers, IamFacts> = {
  profileAssociation: readAssociation,
  instanceProfile: readProfile,
  rolePermissions: readRolePermissions,
  hostManagementRole: readHostManagementRole,
  hostManagementPermissions: readHostManagementPermissions,
  callerPermissions: readCallerPermissions,
};

async function readAssociation(context: ReadContext): Promise<ProfileAssociation | undefined> {
  const action = "ec2:DescribeIamInstanceProfileAssociations";
  const { instanceId } = await instanceIn(context, action);
  const associations = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeIamInstanceProfileAssociations", {
      Filters: [{ Name: "instance-id", Values: [instanceId] }],
      ...next(token),
    });
    return { items: listed(answer.IamInstanceProfileAssociations, action), next: answer.NextToken };
  });
  const current = associations.filter(({ State }) => State !== "disassociated");
  const found = current.find(({ State }) => State === "associated") ?? current[0];
  if (found === undefined) return undefined;
  return {
    associationId: found.AssociationId ?? "",
    state: found.State ?? "",
    profileArn: found.IamInstanceProfile?.Arn ?? "",
    profileId: found.IamInstanceProfile?.Id ?? "",
  };
}

async function readProfile(context: ReadContext): Promise<InstanceProfile | undefined> {
  const action = "iam:GetInstanceProfile";
  const [association, { profile }] = await Promise.all([
    context.fact("profileAssociation"),
    instanceIn(context, action),
  ]);
  const associated = association.state === "known" ? association.value?.profileArn : undefined;
  const arn = associated || profile?.arn;
  if (!arn) throw notApplicable(action, "the instance has no instance profile");
  const name = arn.split("/").at(-1) ?? "";
  try {
    const answer = await context.call("iam", "GetInstanceProfile", { InstanceProfileName: name });
    const found = answer.InstanceProfile;
    if (found === undefined) throw foreignAnswer(action);
    return {
      name,
      arn: found.Arn ?? arn,
      id: found.InstanceProfileId ?? "",
      roles: (found.Roles ?? []).map(toRole),
    };
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return undefined;
    throw error;
  }
}

function toRole(role: SdkRole): Role {
  const trust = role.AssumeRolePolicyDocument;
  return {
    name: role.RoleName ?? "",
    arn: role.Arn ?? "",
    path: role.Path ?? "/",
    trustPolicy: trust === undefined ? undefined : parsePolicyDocument(trust),
    boundaryArn: role.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: Object.fromEntries((role.Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""])),
  };
}

/** What a role is asked; the pings are about the instance and decrypting about a key. */
async function roleQuestions(
  { parameters, fact }: ReadContext,
  roleArn: string,
): Promise<PermissionQuestion[]> {
  const accountId = roleArn.split(":")[4] ?? "";
  const key = parameters.connection === "shell" ? await fact("kmsKey") : undefined;
  const keyArn = key?.state === "known" ? key.value?.arn : undefined;
  const general = [
    ...REQUIRED_ROLE_ACTIONS,
    ...LEGACY_ROLE_ACTIONS,
    ...RECOMMENDED_ROLE_ACTIONS,
    ...PREFERENCE_ROLE_ACTIONS,
  ].filter((action) => action !== UPDATE_INSTANCE_INFORMATION && action !== DECRYPT);
  return [
    {
      actions: [UPDATE_INSTANCE_INFORMATION],
      resources: [instanceArn(parameters, accountId)],
    },
    { actions: general, resources: ["*"] },
    ...(keyArn === undefined ? [] : [{ actions: [DECRYPT], resources: [keyArn] }]),
  ];
}

const DECRYPT = "kms:Decrypt";

async function readRolePermissions(context: ReadContext): Promise<Permissions> {
  const profile = await context.value("instanceProfile");
  const role = profile?.roles[0];
  if (role === undefined) {
    throw notApplicable("iam:SimulatePrincipalPolicy", "the instance has no role");
  }
  return await readPermissions(
    context,
    { kind: "role", ...role },
    await roleQuestions(context, role.arn),
  );
}

async function readHostManagementRole(context: ReadContext): Promise<Role | undefined> {
  const setting = await context.value("hostManagement");
  const roleName = setting.supported ? setting.roleName : undefined;
  if (roleName === undefined) {
    throw notApplicable("iam:GetRole", "default host management names no role");
  }
  // The setting holds the path too: service-role/NAME.
  return await readRole(context, roleName.split("/").at(-1)!);
}

async function readHostManagementPermissions(context: ReadContext): Promise<Permissions> {
  const role = await context.value("hostManagementRole");
  if (role === undefined) {
    throw notApplicable("iam:SimulatePrincipalPolicy", "the role does not exist");
  }
  return await readPermissions(
    context,
    { kind: "role", ...role },
    await roleQuestions(context, role.arn),
  );
}

async function readRole(context: ReadContext, name: string): Promise<Role | undefined> {
  try {
    const answer = await context.call("iam", "GetRole", { RoleName: name });
    if (answer.Role === undefined) throw foreignAnswer("iam:GetRole");
    return toRole(answer.Role);
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return undefined;
    throw error;
  }
}

async function readCallerPermissions(context: ReadContext): Promise<CallerPermissions> {
  const { accountId, arn, userId } = await context.value("identity");
  const caller = parseCallerArn(arn);
  if (caller.kind === "root") return { simulatable: false, why: "root" };
  if (caller.kind === "other") return { simulatable: false, why: "principal_kind", arn };
  const principal = await principalOf(context, caller);
  const { sessionPrefix } = caller;
  const instance = await context.fact("instance");
  const tags = instance.state === "known" ? instance.value?.tags ?? {} : {};
  const permissions = await readPermissions(
    context,
    principal,
    callerQuestions(context.parameters, { accountId, sessionPrefix }),
    [
      entry("ssm:SessionDocumentAccessCheck", "boolean", "true"),
      entry("aws:RequestedRegion", "string", context.parameters.region),
      entry("aws:userid", "string", userId),
      ...(caller.kind === "user" ? [entry("aws:username", "string", caller.userName)] : []),
      ...Object.entries(tags).flatMap(([key, value]) => [
        entry(`ssm:resourceTag/${key}`, "string", value),
        entry(`aws:ResourceTag/${key}`, "string", value),
      ]),
    ],
  );
  return {
    simulatable: true,
    principalArn: principal.arn,
    sessionPrefix,
    isAssumedRole: caller.kind === "assumed_role",
    permissions,
  };
}

/** A user or role whose policies are asked about. */
interface Principal {
  kind: "role" | "user";
  name: string;
  arn: string;
  boundaryArn: string | undefined;
}

/** The ARN of an assumed role leaves out the role's path, which only IAM knows. */
async function principalOf(
  context: ReadContext,
  caller: Extract<Caller, { kind: "user" | "assumed_role" }>,
): Promise<Principal> {
  if (caller.kind === "user") {
    const { arn, userName } = caller;
    return { kind: "user", name: userName, arn, boundaryArn: undefined };
  }
  const { roleName, pathlessRoleArn } = caller;
  const role = await readRole(context, roleName).catch((error) => {
    if (error instanceof FactFailure) return undefined;
    throw error;
  });
  return {
    kind: "role",
    name: roleName,
    arn: role?.arn || pathlessRoleArn,
    boundaryArn: role?.boundaryArn,
  };
}

interface ContextEntry {
  ContextKeyName: string;
  ContextKeyType: "string" | "boolean";
  ContextKeyValues: string[];
}

function entry(name: string, type: ContextEntry["ContextKeyType"], value: string): ContextEntry {
  return { ContextKeyName: name, ContextKeyType: type, ContextKeyValues: [value] };
}

/** @throws {FactFailure} That of the simulator, when no method is allowed. */
async function readPermissions(
  context: ReadContext,
  principal: Principal,
  questions: readonly PermissionQuestion[],
  contextEntries: readonly ContextEntry[] = [],
): Promise<Permissions> {
  const tried: TriedMethod[] = [];
  try {
    const decisions: SimulatedDecision[] = [];
    for (const question of questions) {
      decisions.push(...await simulate(context, principal.arn, question, contextEntries));
    }
    return { method: "simulated", decisions, tried };
  } catch (error) {
    tried.push({ method: "simulated", failure: fallThrough(error) });
  }
  let attached: string[];
  try {
    attached = await attachedPolicies(context, principal);
  } catch (error) {
    fallThrough(error);
    // None of the methods works without one of these two; the simulator is the smaller thing to allow.
    throw new FactFailure(tried[0]!.failure);
  }
  try {
    const managed = await Promise.all(attached.map((arn) => managedPolicy(context, arn)));
    const inline = await inlinePolicies(context, principal);
    const boundaryArn = await boundaryOf(context, principal);
    const boundary = boundaryArn === undefined
      ? undefined
      : await managedPolicy(context, boundaryArn);
    return { method: "evaluated", policies: [...managed, ...inline], boundary, tried };
  } catch (error) {
    tried.push({ method: "evaluated", failure: fallThrough(error) });
    return { method: "name_match", attachedPolicyArns: attached, tried };
  }
}

/** Failures after which another method may still work; the others end the reading. */
function fallThrough(error: unknown): FactFailure["fact"] {
  if (!(error instanceof FactFailure)) throw error;
  const { fact } = error;
  const passes = fact.state === "denied" ||
    ["not_supported", "service_error", "not_found"].includes(fact.reason);
  if (!passes) throw error;
  return fact;
}

async function simulate(
  context: ReadContext,
  principalArn: string,
  question: PermissionQuestion,
  contextEntries: readonly ContextEntry[],
): Promise<SimulatedDecision[]> {
  const isAll = question.resources.length === 1 && question.resources[0] === "*";
  const results = await allPages(async (marker) => {
    const answer = await context.call("iam", "SimulatePrincipalPolicy", {
      PolicySourceArn: principalArn,
      ActionNames: [...question.actions],
      ...(isAll ? {} : { ResourceArns: [...question.resources] }),
      ...(contextEntries.length === 0 ? {} : { ContextEntries: [...contextEntries] }),
      ...(marker === undefined ? {} : { Marker: marker }),
    }, { isOptional: true });
    if (answer.EvaluationResults === undefined) {
      throw foreignAnswer("iam:SimulatePrincipalPolicy");
    }
    return {
      items: answer.EvaluationResults,
      next: answer.IsTruncated === true ? answer.Marker : undefined,
    };
  });
  return results.flatMap((result) => toDecisions(result, question));
}

/** The answer for each resource where it was asked per resource, else the one for all of them. */
function toDecisions(result: EvaluationResult, question: PermissionQuestion): SimulatedDecision[] {
  const action = result.EvalActionName ?? "";
  const whole = {
    decision: result.EvalDecision,
    missingContextValues: result.MissingContextValues ?? [],
    allowedByOrganization: result.OrganizationsDecisionDetail?.AllowedByOrganizations,
    allowedByBoundary: result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary,
    matchedPolicies: (result.MatchedStatements ?? []).flatMap(({ SourcePolicyId }) =>
      SourcePolicyId ?? []
    ),
  };
  const specific = result.ResourceSpecificResults ?? [];
  const own = result.EvalResourceName || "*";
  if (specific.length === 0) {
    // One resource was asked about: the answer may name it or say "*".
    const resource = question.resources.length === 1 ? question.resources[0]! : own;
    return [{ action, resource, ...whole, decision: decisionOf(whole.decision) }];
  }
  return specific.map((each) => ({
    action,
    resource: each.EvalResourceName ?? own,
    decision: decisionOf(each.EvalResourceDecision),
    missingContextValues: each.MissingContextValues ?? [],
    allowedByOrganization: whole.allowedByOrganization,
    allowedByBoundary: each.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary ??
      whole.allowedByBoundary,
    matchedPolicies: (each.MatchedStatements ?? []).flatMap(({ SourcePolicyId }) =>
      SourcePolicyId ?? []
    ),
  }));
}

function decisionOf(text: string | undefined): SimulatedDecision["decision"] {
  return text === "allowed" || text === "explicitDeny" ? text : "implicitDeny";
}

async function attachedPolicies(context: ReadContext, principal: Principal): Promise<string[]> {
  const { kind, name } = principal;
  const policies = await allPages(async (marker) => {
    const page = marker === undefined ? {} : { Marker: marker };
    const answer = kind === "role"
      ? await context.call("iam", "ListAttachedRolePolicies", { RoleName: name, ...page })
      : await context.call("iam", "ListAttachedUserPolicies", { UserName: name, ...page });
    return {
      items: answer.AttachedPolicies ?? [],
      next: answer.IsTruncated === true ? answer.Marker : undefined,
    };
  });
  return policies.flatMap(({ PolicyArn }) => PolicyArn ?? []);
}

async function managedPolicy(context: ReadContext, arn: string): Promise<NamedPolicy> {
  const { Policy } = await context.call("iam", "GetPolicy", { PolicyArn: arn });
  const version = Policy?.DefaultVersionId;
  if (version === undefined) throw foreignAnswer("iam:GetPolicy");
  const answer = await context.call("iam", "GetPolicyVersion", {
    PolicyArn: arn,
    VersionId: version,
  });
  return namedPolicy(arn, answer.PolicyVersion?.Document, "iam:GetPolicyVersion");
}

async function inlinePolicies(context: ReadContext, principal: Principal): Promise<NamedPolicy[]> {
  const { kind, name } = principal;
  const names = await allPages(async (marker) => {
    const page = marker === undefined ? {} : { Marker: marker };
    const answer = kind === "role"
      ? await context.call("iam", "ListRolePolicies", { RoleName: name, ...page })
      : await context.call("iam", "ListUserPolicies", { UserName: name, ...page });
    return {
      items: answer.PolicyNames ?? [],
      next: answer.IsTruncated === true ? answer.Marker : undefined,
    };
  });
  return await Promise.all(names.map(async (policyName) => {
    const answer = kind === "role"
      ? await context.call("iam", "GetRolePolicy", { RoleName: name, PolicyName: policyName })
      : await context.call("iam", "GetUserPolicy", { UserName: name, PolicyName: policyName });
    const policy = namedPolicy(policyName, answer.PolicyDocument, "iam:GetRolePolicy");
    return { ...policy, isInline: true };
  }));
}

/** The boundary of a role comes with it, except in a profile's list; that of a user must be asked for. */
async function boundaryOf(
  context: ReadContext,
  principal: Principal,
): Promise<string | undefined> {
  const { kind, name, boundaryArn } = principal;
  if (boundaryArn !== undefined) return boundaryArn;
  if (kind === "role") return (await readRole(context, name))?.boundaryArn;
  const { User } = await context.call("iam", "GetUser", { UserName: name });
  return User?.PermissionsBoundary?.PermissionsBoundaryArn;
}

function namedPolicy(name: string, text: string | undefined, action: string): NamedPolicy {
  const document = text === undefined ? undefined : parsePolicyDocument(text);
  if (document === undefined) {
    throw new FactFailure(failed("service_error", action, `policy ${name} could not be read`));
  }
  return { name, isInline: false, document };
}
