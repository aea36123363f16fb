/**
 * Which instance profile an instance has.
 *
 * @module
 */
import type { InstanceProfile } from "../../cloud/iam_store.ts";
import { ACCOUNT_ID, newId } from "../../cloud/ids.ts";
import type { ProfileAssociation } from "../../cloud/region.ts";
import { ApiError } from "../api_error.ts";
import type { XmlMembers } from "../xml.ts";
import { describe, type Kind, notFound } from "./describe.ts";
import { type Ec2Operation, type Ec2Request, existing } from "./request.ts";

const NOT_FOUND = { code: "InvalidAssociationID.NotFound", noun: "association ID" };

const ASSOCIATIONS: Kind<ProfileAssociation> = {
  set: "iamInstanceProfileAssociationSet",
  idParameter: "AssociationId",
  id: ({ associationId }) => associationId,
  notFound: notFound(NOT_FOUND.code, NOT_FOUND.noun),
  filters: {
    "instance-id": ({ instanceId }) => [instanceId],
    "state": ({ state }) => [state],
  },
  toXml: associationXml,
};

function associationXml(each: ProfileAssociation, { cloud }: Ec2Request): XmlMembers {
  return {
    associationId: each.associationId,
    instanceId: each.instanceId,
    iamInstanceProfile: {
      arn: cloud.iam.profiles.get(each.profileName)?.arn ??
        `arn:aws:iam::${ACCOUNT_ID}:instance-profile/${each.profileName}`,
      id: each.profileId,
    },
    state: each.state,
  };
}

/** The profile that a request names, by name or ARN. */
function profileOf({ parameters, cloud }: Ec2Request): InstanceProfile {
  const name = parameters.get("IamInstanceProfile.Name") ??
    parameters.require("IamInstanceProfile.Arn").split("/").at(-1)!;
  const profile = cloud.iam.profiles.get(name);
  if (profile !== undefined) return profile;
  throw new ApiError(
    "InvalidParameterValue",
    `Value (${name}) for parameter iamInstanceProfile.name is invalid. ` +
      "Invalid IAM Instance Profile name",
  );
}

function associate(request: Ec2Request): XmlMembers {
  const { parameters, region } = request;
  const instance = existing(region.instances, parameters.require("InstanceId"), {
    code: "InvalidInstanceID.NotFound",
    noun: "instance ID",
  });
  const { name, id } = profileOf(request);
  if (region.associationOf(instance.instanceId) !== undefined) {
    throw new ApiError(
      "IncorrectState",
      `There is an existing association for instance ${instance.instanceId}`,
    );
  }
  if (instance.state !== "running" && instance.state !== "stopped") {
    throw new ApiError(
      "IncorrectInstanceState",
      `The instance '${instance.instanceId}' is not in the 'running' or 'stopped' state`,
    );
  }
  const association: ProfileAssociation = {
    associationId: newId("iip-assoc"),
    instanceId: instance.instanceId,
    profileName: name,
    profileId: id,
    state: "associated",
  };
  region.associations.set(association.associationId, association);
  return { iamInstanceProfileAssociation: answerOf(association, request, "associating") };
}

function disassociate(request: Ec2Request): XmlMembers {
  const association = associationOf(request);
  request.region.associations.delete(association.associationId);
  return { iamInstanceProfileAssociation: answerOf(association, request, "disassociating") };
}

function replace(request: Ec2Request): XmlMembers {
  const association = associationOf(request);
  const { name, id } = profileOf(request);
  association.profileName = name;
  association.profileId = id;
  return { iamInstanceProfileAssociation: answerOf(association, request, "associating") };
}

function associationOf({ parameters, region }: Ec2Request): ProfileAssociation {
  return existing(region.associations, parameters.require("AssociationId"), NOT_FOUND);
}

/** What was asked for has begun when it is answered, and is complete when it is looked at. */
function answerOf(
  association: ProfileAssociation,
  request: Ec2Request,
  state: ProfileAssociation["state"],
): XmlMembers {
  return associationXml({ ...association, state }, request);
}

export const PROFILE_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeIamInstanceProfileAssociations: (request) =>
    describe(ASSOCIATIONS, request.region.associations.values(), request),
  AssociateIamInstanceProfile: associate,
  DisassociateIamInstanceProfile: disassociate,
  ReplaceIamInstanceProfileAssociation: replace,
};
