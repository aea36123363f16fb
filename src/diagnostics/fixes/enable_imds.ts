/**
 * `enable_imds`: the metadata service, in its second version alone.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";

export const enableImds: FixDefinition = {
  id: "enable_imds",
  title: "enable the instance's metadata service",
  class: "unsafe",
  // Every process of the instance can ask it for the role's credentials.
  unsafeBecause: ["widens_access"],
  scope: "instance",
  permissions: ["ec2:ModifyInstanceMetadataOptions"],
  facts: ["instance"],
  verify: ["instance_profile"],
  verifyTimeoutMs: 120_000,
  plan({ facts, parameters }) {
    const { instanceId } = parameters;
    const metadata = valueOf(facts.get("instance"))?.metadata;
    const call = (params: Record<string, string>) => ({
      service: "ec2" as const,
      action: "ModifyInstanceMetadataOptions",
      params: { InstanceId: instanceId, ...params },
    });
    return Promise.resolve({
      steps: [{
        ...call({ HttpEndpoint: "enabled", HttpTokens: "required" }),
        rollback: () =>
          call({
            HttpEndpoint: metadata?.httpEndpoint ?? "disabled",
            ...(metadata?.httpTokens === undefined ? {} : { HttpTokens: metadata.httpTokens }),
          }),
      }],
      preconditions: [
        precondition(
          "the metadata service is disabled",
          metadata === undefined ? undefined : metadata.httpEndpoint === "disabled",
        ),
      ],
      isDone: metadata?.httpEndpoint === "enabled",
    });
  },
};
