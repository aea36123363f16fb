/**
 * Whether the caller may do what it asks: its policies, and what faults deny on top of them.
 *
 * Source: Service Authorization Reference, for the resources that actions are checked against. Those
 * of EC2 are not emulated, except in StartSession: its actions are checked against `*`.
 *
 * @module
 */
import { accessOf } from "../cloud/access.ts";
import type { IamStore, Identity } from "../cloud/iam_store.ts";
import { ACCOUNT_ID } from "../cloud/ids.ts";
import type { NamedPolicy, PolicyContext } from "../cloud/policy.ts";
import type { Fleet } from "../fleet.ts";
import type { ApiCall } from "./api_call.ts";
import { ApiError, type ServiceName } from "./api_error.ts";
import type { Principal } from "./credential_store.ts";
import { JsonRequest } from "./json_request.ts";
import { findKey } from "./kms.ts";
import { PREFERENCES_DOCUMENT } from "./ssm_preferences.ts";
import { settingArn } from "./ssm_settings.ts";

export interface Caller {
  principal: Principal;
  region: string;
}

interface World {
  iam: IamStore;
  fleet: Fleet;
  denials: readonly NamedPolicy[];
}

/** @throws {ApiError} In the words of the service. */
export function authorize(call: ApiCall, caller: Caller, world: World): void {
  // Needs no permission, even under an explicit deny (STS API reference). Who may assume a role is
  // said by the role.
  if (call.service === "sts") return;
  const identity = identityOf(caller.principal, world.iam);
  if (identity === undefined) return;
  const action = `${call.service}:${call.operation}`;
  const context = contextOf(identity, caller);
  for (const { arn, tags = {} } of resourcesOf(call, caller.region, world)) {
    const access = accessOf(world.iam, identity, {
      action,
      resource: arn,
      context: { ...context, ...tagContext(tags) },
    }, world.denials);
    if (access.decision === "allowed") continue;
    const reason = access.decision === "explicitDeny"
      ? "with an explicit deny in an identity-based policy"
      : access.boundaryAllows === false
      ? `because no permissions boundary allows the ${action} action`
      : `because no identity-based policy allows the ${action} action`;
    throw denied(call.service, { arn: caller.principal.arn, action, resource: arn, reason });
  }
}

/** Whose policies count; `undefined` for keys whose role is not on record. */
function identityOf(principal: Principal, iam: IamStore): Identity | undefined {
  const [kind, name = ""] = principal.arn.split(":").at(-1)!.split("/");
  return kind === "user" ? iam.users.get(name) : iam.roles.get(name);
}

function contextOf(identity: Identity, { principal, region }: Caller): PolicyContext {
  return {
    "aws:userid": [principal.userId],
    "aws:PrincipalArn": [identity.arn],
    "aws:PrincipalAccount": [ACCOUNT_ID],
    "aws:RequestedRegion": [region],
    ...(identity.kind === "user" && { "aws:username": [identity.name] }),
  };
}

function tagContext(tags: Readonly<Record<string, string>>): PolicyContext {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`ssm:resourceTag/${key}`, [value]],
      [`aws:ResourceTag/${key}`, [value]],
    ]),
  );
}

interface Resource {
  arn: string;
  tags?: Readonly<Record<string, string>>;
}

const ANY: readonly Resource[] = [{ arn: "*" }];

function resourcesOf(call: ApiCall, region: string, world: World): readonly Resource[] {
  switch (call.service) {
    case "ec2":
    case "sts":
      return ANY;
    case "iam":
      return iamResources(call);
    case "ssm":
      return ssmResources(call, region, world.fleet);
    case "kms":
      return kmsResources(call, region, world.fleet);
    case "ec2-instance-connect":
      return instanceResources(call, region, world.fleet);
    default:
      return call.service satisfies never;
  }
}

/** By the parameter that names what the action is about. */
function iamResources({ parameters }: ApiCall): readonly Resource[] {
  const source = parameters.get("PolicySourceArn");
  if (source !== undefined) return [{ arn: source }];
  for (
    const [parameter, kind] of [
      ["InstanceProfileName", "instance-profile"],
      ["RoleName", "role"],
      ["UserName", "user"],
    ] as const
  ) {
    const name = parameters.get(parameter);
    if (name !== undefined) return [{ arn: `arn:aws:iam::${ACCOUNT_ID}:${kind}/${name}` }];
  }
  const policy = parameters.get("PolicyArn");
  return policy === undefined ? ANY : [{ arn: policy }];
}

function ssmResources(call: ApiCall, region: string, fleet: Fleet): readonly Resource[] {
  const text = (name: string) => textOf(call, name);
  const arn = (rest: string) => `arn:aws:ssm:${region}:${ACCOUNT_ID}:${rest}`;
  const documentArn = (name: string) =>
    name.startsWith("AWS-") ? `arn:aws:ssm:${region}::document/${name}` : arn(`document/${name}`);
  switch (call.operation) {
    case "StartSession": {
      const target = text("Target") ?? "*";
      const tags = fleet.find(target)?.tags ?? {};
      const instance = `arn:aws:ec2:${region}:${ACCOUNT_ID}:instance/${target}`;
      const name = text("DocumentName");
      // Without a name the default document is not checked, unless a policy asks for that.
      return [
        { arn: instance, tags },
        ...(name === undefined || name === PREFERENCES_DOCUMENT
          ? []
          : [{ arn: documentArn(name) }]),
      ];
    }
    case "ResumeSession":
    case "TerminateSession":
      return [{ arn: arn(`session/${text("SessionId") ?? "*"}`) }];
    case "GetDocument":
      return [{ arn: documentArn(text("Name") ?? "*") }];
    case "GetServiceSetting":
    case "UpdateServiceSetting":
    case "ResetServiceSetting":
      return [{ arn: settingArn(region) }];
    case "SendCommand":
      return [{ arn: documentArn(text("DocumentName") ?? "*") }];
    default:
      return ANY;
  }
}

function kmsResources(call: ApiCall, region: string, fleet: Fleet): readonly Resource[] {
  const name = textOf(call, "KeyId");
  const key = name === undefined ? undefined : findKey(fleet.cloud.region(region), name);
  return key === undefined ? ANY : [{ arn: key.arn }];
}

/** The instance that a key is for, with its tags. */
function instanceResources(call: ApiCall, region: string, fleet: Fleet): readonly Resource[] {
  const instanceId = textOf(call, "InstanceId");
  if (instanceId === undefined) return ANY;
  const tags = fleet.find(instanceId)?.tags ?? {};
  return [{ arn: `arn:aws:ec2:${region}:${ACCOUNT_ID}:instance/${instanceId}`, tags }];
}

/** A text member of a JSON request. One of another type is refused later, by the operation. */
function textOf(call: ApiCall, name: string): string | undefined {
  try {
    return JsonRequest.parse(call.signed.body).string(name) || undefined;
  } catch {
    return undefined;
  }
}

function denied(
  service: ServiceName,
  about: { arn: string; action: string; resource: string; reason: string },
): ApiError {
  const { arn, action, resource, reason } = about;
  const sentence = `User: ${arn} is not authorized to perform: ${action}`;
  switch (service) {
    case "ec2":
      return new ApiError(
        "UnauthorizedOperation",
        `You are not authorized to perform this operation. ${sentence} ${reason}`,
        403,
      );
    case "ssm":
    case "kms":
    case "ec2-instance-connect":
      return new ApiError(
        "AccessDeniedException",
        `${sentence} on resource: ${resource} ${reason}`,
      );
    case "iam":
    case "sts":
      return new ApiError(
        "AccessDenied",
        `${sentence} on resource: ${resource} ${reason}`,
        403,
      );
    default:
      return service satisfies never;
  }
}
