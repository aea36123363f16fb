/**
 * `fix_local_permissions`: ssh's configuration, readable and writable by its owner alone.
 *
 * @module
 */

import { type FixDefinition, type FixStep, precondition } from "./contracts.ts";
import { valueOf } from "../facts/fact.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const fixLocalPermissions: FixDefinition = {
  id: "fix_local_permissions",
  title: "mend the permissions of ssh's configuration",
  class: "safe",
  unsafeBecause: [],
  scope: "local",
  permissions: [],
  facts: ["localTools"],
  verify: ["local_prerequisites"],
  verifyTimeoutMs: 10_000,
  plan({ facts }) {
    const config = valueOf(facts.get("localTools"))?.sshConfig;
    if (config === undefined) return Promise.resolve(undefined);
    const { path, exists, mode, isOurs } = config;
    const step: FixStep = exists ? chmod(path, FILE_MODE, mode) : {
      service: "local",
      action: "mkdir",
      params: { path: path.replace(/\/[^/]*$/, ""), mode: FOLDER_MODE.toString(8) },
    };
    return Promise.resolve({
      steps: [step],
      preconditions: [precondition("the file is yours", exists ? isOurs : true)],
      isDone: exists && mode === FILE_MODE,
    });
  },
};

function chmod(path: string, mode: number, before: number | undefined): FixStep {
  return {
    service: "local",
    action: "chmod",
    params: { path, mode: mode.toString(8) },
    ...(before === undefined ? {} : {
      rollback: () => ({
        service: "local",
        action: "chmod",
        params: { path, mode: before.toString(8) },
      }),
    }),
  };
}
