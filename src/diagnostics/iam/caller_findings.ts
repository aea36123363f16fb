/**
 * The caller half of `iam_permissions`.
 *
 * @module
 */

import type { FactReader, Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { CallerPermissions, Permissions } from "../facts/iam.ts";
import { critical, info, ok, unknown, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import {
  documentArn,
  instanceArn,
  READ_ACTIONS,
  SESSION_ACTIONS,
  sessionArn,
  SHELL_DOCUMENT,
} from "./actions.ts";
import { evaluateDocument, type PolicyRequest, type PolicyVerdict } from "./evaluate_policy.ts";
import { grantOf, grantsOf } from "./grant.ts";
import { evidenceOf } from "./role_findings.ts";

type CallerReader = FactReader<"callerPermissions" | "identity" | "kmsKey">;
type Simulatable = Extract<CallerPermissions, { simulatable: true }>;

const NEEDS = ["iam:SimulatePrincipalPolicy"];
const START_SESSION = "ssm:StartSession";

export function callerFindings(facts: CallerReader, parameters: CheckParameters): Finding[] {
  const fact = facts.get("callerPermissions");
  if (fact.state !== "known") {
    const reason = fact.state === "denied" ? "access_denied" : fact.reason;
    return [notVisible(reason, fact.detail)];
  }
  const caller = fact.value;
  if (!caller.simulatable) {
    if (caller.why === "root") {
      return [
        warning(
          "caller.ROOT_IDENTITY",
          "low",
          "the account's root user is not simulated: only an organization's policy could stop it",
          { remediation: ["Use an IAM role: AWS console, IAM Identity Center"] },
        ),
      ];
    }
    return [
      unknown(
        "caller.NOT_SIMULATABLE",
        "not_supported",
        `what ${caller.arn} may do cannot be simulated: it is neither a user nor a role`,
        { remediation: ["Use an IAM user or role, or just try: ec2-connect connect"] },
      ),
    ];
  }
  const accountId = valueOf(facts.get("identity"))?.accountId ?? "*";
  const start = startFinding(caller, accountId, parameters);
  const resources = [{ type: "principal", id: caller.principalArn }];
  const others = caller.permissions.method === "name_match" ? [] : [
    ...sessionFindings(caller, sessionArn(caller.sessionPrefix, parameters, accountId)),
    ...readFindings(caller.permissions),
    ...keyFindings(caller.permissions, valueOf(facts.get("kmsKey"))?.arn, parameters),
    ...usernameVariable(caller),
  ];
  return [start, ...others, ...documentRemark(caller, accountId, parameters, start)]
    .map((finding) => ({ ...finding, resources }));
}

function startFinding(
  { permissions, principalArn }: Simulatable,
  accountId: string,
  parameters: CheckParameters,
): Finding {
  const instance = instanceArn(parameters, accountId);
  const document = documentArn(parameters.document, parameters, accountId);
  const evidence = { ...evidenceOf(permissions), principal: principalArn };
  const onInstance = grantOf(permissions, { action: START_SESSION, resource: instance });
  const onDocument = grantOf(permissions, { action: START_SESSION, resource: document });
  if (onInstance === undefined) {
    return notVisible("access_denied", "its policies could not be read", evidence);
  }
  const allowBoth = `Allow ssm:StartSession on ${instance} and on ${document} to ${principalArn}`;
  switch (onInstance.decision) {
    case "explicit_deny":
      return critical(
        "caller.DENIED",
        `${onInstance.by} denies you ssm:StartSession on ${parameters.instanceId}`,
        { remediation: [`Ask an administrator to change ${onInstance.by}`, allowBoth], evidence },
      );
    case "implicit_deny":
      return critical(
        "caller.NOT_ALLOWED",
        `you are not allowed ssm:StartSession on ${parameters.instanceId}`,
        { remediation: [allowBoth], evidence },
      );
    case "conditional":
      return conditional(onInstance, evidence);
    case "allowed":
      break;
    default:
      onInstance.decision satisfies never;
  }
  switch (onDocument?.decision) {
    case "explicit_deny":
    case "implicit_deny":
      return critical(
        "caller.DOCUMENT_NOT_ALLOWED",
        parameters.document === SHELL_DOCUMENT
          ? `you may start sessions on ${parameters.instanceId}, but not with a shell`
          : `you may start sessions on ${parameters.instanceId}, but not with ${parameters.document}`,
        {
          remediation: [`Allow ssm:StartSession on ${document} to ${principalArn}`],
          evidence: { ...evidence, document },
        },
      );
    case "conditional":
      return conditional(onDocument, evidence);
    case undefined:
      return notVisible("service_error", `nothing was said about ${document}`, evidence);
    default:
      return ok("caller.PERMITTED", "you may start this session", { evidence });
  }
}

function conditional(verdict: PolicyVerdict, evidence: Finding["evidence"]): Finding {
  const keys = verdict.conditionKeys;
  return unknown(
    "caller.CONDITIONAL",
    "not_visible",
    `whether you may start this session depends on ${
      keys.join(", ") || "values that are not known here"
    }`,
    {
      remediation: [
        "Compare the instance's tags with the condition: AWS console, EC2, Instances, Tags",
        "Or just try: ec2-connect connect",
      ],
      evidence: { ...evidence, condition_keys: keys },
    },
  );
}

/** What follows a start: the data channel, resuming, ending. */
function sessionFindings({ permissions, principalArn }: Simulatable, resource: string): Finding[] {
  const lacks = (action: string) => isRefused(grantOf(permissions, { action, resource }));
  const findings: Finding[] = [];
  if (lacks(SESSION_ACTIONS.dataChannel)) {
    // Never critical: whether session ARNs ever match is disputed.
    findings.push(
      warning(
        "caller.DATA_CHANNEL_NOT_ALLOWED",
        "high",
        "you are not allowed ssmmessages:OpenDataChannel: a session may start and then be refused",
        {
          primary: false,
          remediation: [`Allow ssmmessages:OpenDataChannel on ${resource} to ${principalArn}`],
        },
      ),
    );
  }
  const ends = [SESSION_ACTIONS.terminate, SESSION_ACTIONS.resume].filter(lacks);
  if (ends.length > 0) {
    findings.push(
      warning(
        "caller.SESSION_ACTIONS_NOT_ALLOWED",
        "medium",
        `you are not allowed ${ends.join(" and ")}: reconnecting and terminating will fail`,
        {
          primary: false,
          remediation: [`Allow ${ends.join(" and ")} on ${resource} to ${principalArn}`],
          evidence: { actions: ends },
        },
      ),
    );
  }
  return findings;
}

function readFindings(permissions: Permissions): Finding[] {
  const grants = grantsOf(
    permissions,
    READ_ACTIONS.map((action) => ({ action, resource: "*" })),
  );
  const actions = [...grants.missing, ...grants.denied.map(({ action }) => action)];
  if (actions.length === 0) return [];
  return [
    warning(
      "caller.READ_ACTIONS_NOT_ALLOWED",
      "low",
      `you are not allowed ${actions.join(", ")}: lists and diagnoses show less`,
      { primary: false, remediation: [`Allow ${actions.join(", ")} on *`], evidence: { actions } },
    ),
  ];
}

/** The session's key is the caller's matter in shell sessions alone. */
function keyFindings(
  permissions: Permissions,
  keyArn: string | undefined,
  { connection }: CheckParameters,
): Finding[] {
  if (connection !== "shell" || keyArn === undefined) return [];
  const request: PolicyRequest = { action: "kms:GenerateDataKey", resource: keyArn };
  if (!isRefused(grantOf(permissions, request))) return [];
  return [
    critical(
      "caller.KEY_NOT_ALLOWED",
      "you are not allowed kms:GenerateDataKey on the session's key",
      {
        remediation: [`Allow kms:GenerateDataKey on ${keyArn}`],
        evidence: { key_arn: keyArn },
      },
    ),
  ];
}

/** `${aws:username}` is empty for a role, so a policy written with it allows nothing. */
function usernameVariable({ permissions, isAssumedRole }: Simulatable): Finding[] {
  if (permissions.method !== "evaluated" || !isAssumedRole) return [];
  const policy = permissions.policies.find(({ document }) =>
    document.statements.some(({ effect, resources }) =>
      effect === "Allow" &&
      (resources ?? []).some((resource) =>
        resource.includes(":session/") && resource.includes("${aws:username}")
      )
    )
  );
  if (policy === undefined) return [];
  return [
    warning(
      "caller.TERMINATE_USERNAME_VARIABLE",
      "medium",
      `policy ${policy.name} allows sessions by \${aws:username}, which an assumed role does not have`,
      {
        primary: false,
        remediation: [
          "Write ${aws:userid} in its place: session ids of a role begin with its session name",
        ],
        resources: [{ type: "policy", id: policy.name }],
      },
    ),
  ];
}

/** Allowed on the instance whatever the document: whoever names none gets a shell. */
function documentRemark(
  { permissions }: Simulatable,
  accountId: string,
  parameters: CheckParameters,
  start: Finding,
): Finding[] {
  if (permissions.method !== "evaluated" || start.code !== "caller.PERMITTED") return [];
  const request = { action: START_SESSION, resource: instanceArn(parameters, accountId) };
  const isUnrestricted = permissions.policies.some(({ document }) =>
    evaluateDocument(document, request).decision === "allowed"
  );
  if (!isUnrestricted) return [];
  return [
    info(
      "caller.DOCUMENT_UNRESTRICTED",
      "you may start a session without naming a document, which is a shell",
      {
        remediation: [
          "To forbid that, add the condition BoolIfExists ssm:SessionDocumentAccessCheck: true to the policy",
        ],
      },
    ),
  ];
}

function isRefused(verdict: PolicyVerdict | undefined): boolean {
  return verdict?.decision === "implicit_deny" || verdict?.decision === "explicit_deny";
}

function notVisible(
  reason: NonNullable<Finding["reason"]>,
  detail: string,
  evidence: Finding["evidence"] = {},
): Finding {
  const needs = reason === "access_denied" ? NEEDS : [];
  return unknown("caller.NOT_VISIBLE", reason, `what you may do could not be read: ${detail}`, {
    needs,
    remediation: needs.length === 0
      ? ["Run the diagnosis again"]
      : [`Allow ${needs.join(" and ")} on yourself, or just try: ec2-connect connect`],
    evidence,
  });
}
