/**
 * Sessions that are encrypted with a key of KMS.
 *
 * @module
 */
import { seededId } from "../cloud/ids.ts";
import { DEFAULT_PREFERENCES } from "../cloud/preferences.ts";
import { policyText } from "../cloud/managed_policies.ts";
import type { Key } from "../cloud/key.ts";
import type { Scenario } from "./scenario.ts";
import type { Seeder } from "./seeder.ts";

export const ENCRYPTION_SCENARIOS: readonly Scenario[] = [
  {
    name: "sessions-encrypted",
    about: "works; the preferences name a key, with which shells and commands are encrypted",
    expected: undefined,
    isAlone: true,
    seed(seeder) {
      const arn = addKey(seeder, "Enabled");
      seeder.home.preferences = { ...DEFAULT_PREFERENCES, kmsKeyId: arn };
      const network = seeder.network();
      network.addNat();
      const { role, name } = seeder.roleWithProfile({ attached: ["AmazonSSMManagedInstanceCore"] });
      role.inline.set(
        "sessions",
        policyText({ Effect: "Allow", Action: "kms:Decrypt", Resource: arn }),
      );
      seeder.instance(network, { name: "encrypted", wasRegistered: true, profile: name });
    },
  },
];

/** A key in the sandbox's Region. @returns Its ARN. */
export function addKey(seeder: Seeder, state: Key["state"]): string {
  const keyId = `0a5b0c00-0000-4000-8000-${seededId("key", 1).slice(-12)}`;
  const arn = `arn:aws:kms:${seeder.home.name}:123456789012:key/${keyId}`;
  seeder.home.keys.set(keyId, {
    keyId,
    arn,
    aliases: ["alias/sandbox-sessions"],
    createdAtMs: seeder.cloud.createdAtMs,
    state,
    deletionAtMs: undefined,
  });
  return arn;
}
