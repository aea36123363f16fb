/**
 * Facts about roles and permissions (F9, F10, F22).
 *
 * @module
 */

import type { Denied, Failed } from "./fact.ts";

/** F9, `ec2:DescribeIamInstanceProfileAssociations`: the one association that is not over. */
export interface ProfileAssociation {
  associationId: string;
  state:
    | "associating"
    | "associated"
    | "disassociating"
    | "disassociated"
    | (string & Record<never, never>);
  profileArn: string;
  profileId: string;
}

/** F9, `iam:GetInstanceProfile`. */
export interface InstanceProfile {
  name: string;
  arn: string;
  /** `AIPA...`. */
  id: string;
  roles: readonly Role[];
}

export interface Role {
  name: string;
  arn: string;
  /** `/` or `/a/b/`. */
  path: string;
  /** The parsed trust policy; undefined when it cannot be parsed. */
  trustPolicy: PolicyDocument | undefined;
  /** ARN of the permissions boundary. */
  boundaryArn: string | undefined;
  tags: { readonly [key: string]: string };
}

/** A parsed policy. Everything optional as in the grammar; lists are always lists here. */
export interface PolicyDocument {
  statements: readonly PolicyStatement[];
}

export interface PolicyStatement {
  sid: string | undefined;
  effect: "Allow" | "Deny";
  /** Exactly one of `actions` and `notActions` is set in a valid one; so it is with resources. */
  actions: readonly string[] | undefined;
  notActions: readonly string[] | undefined;
  resources: readonly string[] | undefined;
  notResources: readonly string[] | undefined;
  /** Principals by kind, `*` as `{ "*": ["*"] }`; undefined in an identity policy. */
  principals: { readonly [kind: string]: readonly string[] } | undefined;
  notPrincipals: { readonly [kind: string]: readonly string[] } | undefined;
  /** Operator, then key, then values. Undefined: no condition. */
  conditions:
    | { readonly [operator: string]: { readonly [key: string]: readonly string[] } }
    | undefined;
}

/** One answer of the policy simulator: an action on a resource. */
export interface SimulatedDecision {
  /** `ssm:StartSession`. */
  action: string;
  /** ARN that was asked about, or `*`. */
  resource: string;
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** Context keys that a policy asked for and nobody gave. */
  missingContextValues: readonly string[];
  /** False: a service control policy forbids it. Undefined: not told. */
  allowedByOrganization: boolean | undefined;
  /** False: the permissions boundary forbids it. Undefined: none, or not told. */
  allowedByBoundary: boolean | undefined;
  /** Ids of the statements that matched. */
  matchedPolicies: readonly string[];
}

/** A policy that applies to a principal. */
export interface NamedPolicy {
  /** ARN of a managed one, name of an inline one. */
  name: string;
  isInline: boolean;
  document: PolicyDocument;
}

/** A method that was tried and gave nothing. */
export interface TriedMethod {
  method: "simulated" | "evaluated" | "name_match";
  failure: Denied | Failed;
}

/** F10 and half of F22: what a principal may do, by the best method that worked. */
export type Permissions =
  | {
    method: "simulated";
    decisions: readonly SimulatedDecision[];
    tried: readonly TriedMethod[];
  }
  | {
    method: "evaluated";
    /** Every policy of the principal, attached and inline. */
    policies: readonly NamedPolicy[];
    /** Undefined: there is no boundary. */
    boundary: NamedPolicy | undefined;
    tried: readonly TriedMethod[];
  }
  | {
    method: "name_match";
    /** ARNs of the attached managed policies; what they say could not be read. */
    attachedPolicyArns: readonly string[];
    tried: readonly TriedMethod[];
  };

/** F22: who the caller is to the simulator, and what came of asking. */
export type CallerPermissions =
  | {
    simulatable: true;
    /** ARN of the user or role that was asked about. */
    principalArn: string;
    /** How session ids of this caller begin: user name or role session name. */
    sessionPrefix: string;
    isAssumedRole: boolean;
    permissions: Permissions;
  }
  /** The account's root user is not simulated: it may do everything that no SCP forbids. */
  | { simulatable: false; why: "root" }
  /** Federated user, or an ARN of a kind that nobody knows. */
  | { simulatable: false; why: "principal_kind"; arn: string };
