/**
 * `clear_diag_cache`: what earlier diagnoses remember is forgotten.
 *
 * @module
 */

import { type FixDefinition } from "./contracts.ts";

export const clearDiagCache: FixDefinition = {
  id: "clear_diag_cache",
  title: "forget what earlier diagnoses remember",
  class: "safe",
  unsafeBecause: [],
  scope: "local",
  permissions: [],
  facts: [],
  verify: [],
  verifyTimeoutMs: 0,
  // A file that makes no sense is dropped when it is met, so nothing ever waits to be cleared.
  isOnRequest: true,
  plan({ options }) {
    const { factFolder } = options;
    if (factFolder === undefined) return Promise.resolve(undefined);
    return Promise.resolve({
      steps: [{ service: "local", action: "remove_folder", params: { path: factFolder } }],
    });
  },
};
