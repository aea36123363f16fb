/**
 * How the agent of a session encrypts it: the key of the preferences, and what KMS and the instance's
 * role let it do.
 *
 * @module
 */
import type { SessionEncryption } from "./agent/agent_handshake.ts";
import { agentHas } from "./agent/version.ts";
import { ApiError } from "./aws/api_error.ts";
import { decryptWith, findKey } from "./aws/kms.ts";
import { accessOf } from "./cloud/access.ts";
import type { Fleet } from "./fleet.ts";
import type { SessionRecord } from "./session_registry.ts";

/** `undefined` for ports, which are never encrypted, and where the preferences name no key. */
export function encryptionOf(
  record: SessionRecord,
  options: { fleet: Fleet; agentVersion: string; requiresChallenge: boolean },
): SessionEncryption | undefined {
  const { work, settings: { kmsKeyId }, sessionId, instance } = record;
  if (work.kind === "port" || kmsKeyId === "") return undefined;
  return {
    kmsKeyId,
    hasChallenge: agentHas("kmsChallenge", options.agentVersion),
    requiresChallenge: options.requiresChallenge,
    sessionId,
    targetId: instance.instanceId,
    decrypt: (ciphertext, context) => {
      try {
        return decryptAs(record, { fleet: options.fleet, ciphertext, context });
      } catch (error) {
        // As the agent's SDK words an answer of the service.
        if (error instanceof ApiError) throw new Error(`${error.code}: ${error.message}`);
        throw error;
      }
    },
  };
}

/** @throws {ApiError} */
function decryptAs(
  { instance, settings, region: regionName }: SessionRecord,
  { fleet, ciphertext, context }: {
    fleet: Fleet;
    ciphertext: Uint8Array;
    context: ReadonlyMap<string, string>;
  },
): Uint8Array {
  const region = fleet.cloud.region(regionName);
  const key = findKey(region, settings.kmsKeyId);
  const role = fleet.cloud.roleOf(instance);
  if (key !== undefined && role !== undefined) {
    const { iam } = fleet.cloud;
    const action = "kms:Decrypt";
    const { decision } = accessOf(iam, role, { action, resource: key.arn, context: {} });
    if (decision !== "allowed") {
      throw new ApiError(
        "AccessDeniedException",
        `The role ${role.arn} is not authorized to perform: ${action} on resource: ${key.arn}`,
      );
    }
  }
  return decryptWith(region, { keyId: settings.kmsKeyId, ciphertext, context });
}
