/**
 * `pick_free_port`: another local port. Changes nothing; says which to use.
 *
 * @module
 */

import { type FixDefinition } from "./contracts.ts";

export const pickFreePort: FixDefinition = {
  id: "pick_free_port",
  title: "find a free local port",
  class: "safe",
  unsafeBecause: [],
  scope: "local",
  permissions: [],
  facts: [],
  verify: ["local_port_availability"],
  verifyTimeoutMs: 10_000,
  plan({ parameters }) {
    const { localPort } = parameters;
    if (localPort === undefined) return Promise.resolve(undefined);
    return Promise.resolve({
      steps: [{ service: "local", action: "pick_port", params: { above: localPort } }],
    });
  },
};
