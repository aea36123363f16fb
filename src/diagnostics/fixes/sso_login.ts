/**
 * `sso_login`: a new login of the profile's SSO session, by the AWS CLI.
 *
 * @module
 */

import { type FixDefinition } from "./contracts.ts";

export const ssoLogin: FixDefinition = {
  id: "sso_login",
  title: "log in to SSO again",
  class: "safe",
  unsafeBecause: [],
  scope: "local",
  permissions: [],
  facts: [],
  verify: ["credentials"],
  verifyTimeoutMs: 30_000,
  isInteractive: true,
  plan({ parameters }) {
    const profile = parameters.profile ?? "default";
    return Promise.resolve({
      steps: [{
        service: "local",
        action: "run",
        params: { command: ["aws", "sso", "login", "--profile", profile] },
      }],
    });
  },
};
