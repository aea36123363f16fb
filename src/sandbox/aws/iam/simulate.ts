/**
 * SimulatePrincipalPolicy: what the policies of a user or role would say.
 *
 * Source: IAM API reference, SimulatePrincipalPolicy and EvaluationResult. Policies of resources,
 * ResourceHandlingOption and the positions of statements in their documents are not emulated.
 *
 * @module
 */
import { type Access, accessOf } from "../../cloud/access.ts";
import type { IamStore, Identity } from "../../cloud/iam_store.ts";
import type { NamedPolicy, PolicyContext } from "../../cloud/policy.ts";
import { ApiError } from "../api_error.ts";
import type { QueryParameters } from "../query_parameters.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { type IamRequest, noSuchEntity, pagedXml } from "./request.ts";

const SOURCE = /^arn:aws[a-z-]*:iam::\d{12}:(user|role)\/(?:.+\/)?([\w+=,.@-]+)$/;

export function simulatePrincipalPolicy(request: IamRequest): XmlMembers {
  const { parameters, iam } = request;
  const identity = sourceOf(parameters, iam);
  const actions = parameters.list("ActionNames.member");
  if (actions.length === 0) {
    throw new ApiError("ValidationError", "Value at 'actionNames' must not be empty");
  }
  const invalid = actions.find((action) => !/^[\w-]+:[\w*?-]+$/.test(action));
  if (invalid !== undefined) {
    throw new ApiError("InvalidInput", `Invalid Action Name: ${invalid}`);
  }
  const given = parameters.list("ResourceArns.member");
  const resources = given.length === 0 ? ["*"] : given;
  const context = contextOf(parameters);
  const inputs = parameters.list("PolicyInputList.member")
    .map((document, i) => ({ name: `PolicyInputList.${i + 1}`, document }));
  const extra: NamedPolicy[] = [
    ...inputs,
    ...(identity.name === "sandbox" && identity.kind === "user" ? request.callerDenials : []),
  ];
  const results = actions.flatMap((action) =>
    resources.map((resource) => ({
      action,
      resource,
      access: accessOf(iam, identity, { action, resource, context }, extra),
    }))
  );
  return pagedXml("EvaluationResults", results, parameters, resultXml);
}

function sourceOf(parameters: QueryParameters, iam: IamStore): Identity {
  const arn = parameters.require("PolicySourceArn");
  const [, kind, name] = SOURCE.exec(arn) ?? [];
  if (kind === undefined || name === undefined) {
    throw new ApiError(
      "InvalidInput",
      `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`,
    );
  }
  const identity = (kind === "role" ? iam.roles : iam.users).get(name);
  if (identity?.arn === arn) return identity;
  throw noSuchEntity(`The ${kind} with name ${name} cannot be found.`);
}

function contextOf(parameters: QueryParameters): PolicyContext {
  return Object.fromEntries(
    parameters.members("ContextEntries.member").map((entry) => [
      entry.require("ContextKeyName"),
      entry.list("ContextKeyValues.member"),
    ]),
  );
}

function resultXml(
  { action, resource, access }: { action: string; resource: string; access: Access },
): XmlMembers {
  const matched = new XmlList(
    access.matched.map((name) => ({
      SourcePolicyId: name,
      SourcePolicyType: "IAM Policy",
      StartPosition: { Line: 1, Column: 1 },
      EndPosition: { Line: 1, Column: 1 },
    })),
    "member",
  );
  const missing = new XmlList(access.missingContext, "member");
  const boundary = access.boundaryAllows === undefined
    ? undefined
    : { AllowedByPermissionsBoundary: access.boundaryAllows };
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: access.decision,
    MatchedStatements: matched,
    MissingContextValues: missing,
    PermissionsBoundaryDecisionDetail: boundary,
    ResourceSpecificResults: resource === "*" ? undefined : new XmlList([{
      EvalResourceName: resource,
      EvalResourceDecision: access.decision,
      MatchedStatements: matched,
      MissingContextValues: missing,
      PermissionsBoundaryDecisionDetail: boundary,
    }], "member"),
  };
}
