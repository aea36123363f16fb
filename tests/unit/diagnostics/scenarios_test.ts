import assert from "node:assert/strict";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import type { SimulatedDecision } from "../../../src/diagnostics/facts/iam.ts";
import type { CheckParameters } from "../../../src/diagnostics/parameters.ts";
import { diagnose } from "../../support/diagnose.ts";
import { HEALTHY } from "../../support/facts.ts";
import {
  acl,
  endpoints,
  entry,
  EPHEMERAL_PORTS,
  FAR_ENDPOINTS,
  FAR_SUBNET,
  groups,
  HTTPS_PORTS,
  IGW,
  MESSAGES,
  NO_ENDPOINTS,
  OPEN_ACL,
  route,
  SSM,
  ways,
} from "./_network.ts";

const OFFLINE: Partial<Facts> = { connection: known("notconnected"), node: known(undefined) };
const FAR_OPEN = { ...OPEN_ACL, networkAclId: "acl-far", subnetIds: [FAR_SUBNET] };

/** The healthy scenario of this file: endpoints in a subnet of their own, so that ACLs matter. */
function run(changes: Partial<Facts>, parameters: Partial<CheckParameters> = {}) {
  const { results, causes } = diagnose({ ...FAR_ENDPOINTS, ...OFFLINE, ...changes }, parameters);
  const proven = causes.filter(({ certainty }) => certainty === "proven");
  const codes = proven.map(({ findingIds }) => findingIds[0]!.replace(/#.*/, ""));
  return { results, causes, codes };
}

/** Role permissions in which some actions have another decision. */
function roleDecisions(
  decision: SimulatedDecision["decision"],
  isConcerned: (action: string) => boolean,
): Partial<Facts> {
  return {
    rolePermissions: known({
      ...HEALTHY.rolePermissions,
      decisions: HEALTHY.rolePermissions.decisions.map((each) =>
        isConcerned(each.action) ? { ...each, decision } : each
      ),
    }),
  };
}

Deno.test("XX-4 the healthy private subnet: nothing but ok, and nothing to blame", () => {
  for (const near of [{}, FAR_ENDPOINTS]) {
    const { results, causes } = diagnose(near);
    const others = results.filter(({ status }) => status !== "ok" && status !== "skipped");
    assert.deepEqual(others.map(({ id, status }) => `${id} ${status}`), []);
    assert.deepEqual(causes, []);
    assert.ok(results.every(({ status, coverage }) => status === "skipped" || coverage === 1));
  }
});

/** Twelve single faults: what is changed, and the one cause that must be named. */
const FAULTS: Readonly<
  Record<string, { changes: Partial<Facts>; parameters?: Partial<CheckParameters>; cause: string }>
> = {
  "instance stopped": {
    changes: {
      instance: known({
        ...HEALTHY.instance,
        state: "stopped",
        stateTransitionReason: "User initiated (2026-01-02 03:00:00 GMT)",
      }),
    },
    cause: "instance_state.INSTANCE_STOPPED",
  },
  "no instance profile": {
    changes: {
      instance: known({ ...HEALTHY.instance, profile: undefined }),
      profileAssociation: known(undefined),
      instanceProfile: notApplicable("iam:GetInstanceProfile"),
      rolePermissions: notApplicable("iam:SimulatePrincipalPolicy"),
    },
    cause: "instance_profile.PROFILE_MISSING",
  },
  "a policy that denies": {
    changes: roleDecisions("explicitDeny", (action) => action.startsWith("ssmmessages:")),
    cause: "iam_permissions.role.DENIED",
  },
  "no endpoint for ssmmessages": {
    changes: endpointsFar((ssm) => [ssm]),
    cause: "vpc_endpoints.VPCE_PARTIAL",
  },
  "private DNS switched off": {
    changes: endpointsFar((ssm, messages) => [ssm, { ...messages, privateDnsEnabled: false }]),
    cause: "vpc_endpoints.VPCE_PRIVATE_DNS_OFF",
  },
  "DNS hostnames switched off": {
    changes: { vpcDns: known({ enableDnsSupport: true, enableDnsHostnames: false }) },
    cause: "vpc_endpoints.VPC_DNS_HOSTNAMES_OFF",
  },
  "the endpoints' group closed": {
    changes: groups({ ingress: [] }),
    cause: "security_groups.SG_ENDPOINT_INGRESS_BLOCKED",
  },
  "the instance's egress closed": {
    changes: groups({ egress: [] }),
    cause: "security_groups.SG_EGRESS_BLOCKED",
  },
  "ACL denies 443": {
    changes: {
      networkAcls: known([
        acl([entry(90, "egress", "deny", HTTPS_PORTS), ...OPEN_ACL.entries]),
        FAR_OPEN,
      ]),
    },
    cause: "network_acls.NACL_EGRESS_BLOCKED",
  },
  "ACL denies the answers": {
    changes: {
      networkAcls: known([
        acl([entry(90, "ingress", "deny", EPHEMERAL_PORTS), ...OPEN_ACL.entries]),
        FAR_OPEN,
      ]),
    },
    cause: "network_acls.NACL_RETURN_BLOCKED",
  },
  "agent 2.3.0.0": {
    changes: {
      node: known({ ...HEALTHY.node, agentVersion: "2.3.0.0", pingStatus: "connectionlost" }),
    },
    cause: "ssm_agent.AGENT_TOO_OLD",
  },
  "another Region": {
    changes: { instance: known(undefined), otherRegions: known(["eu-west-1"]) },
    parameters: { searchRegions: true },
    cause: "region_match.REGION_INSTANCE_ELSEWHERE",
  },
};

for (const [name, { changes, parameters, cause }] of Object.entries(FAULTS)) {
  Deno.test(`XX-5 ${name}: exactly one cause, ${cause}`, () => {
    const { codes, causes } = run(changes, parameters);
    assert.deepEqual(codes, [cause]);
    assert.ok(causes[0]!.remediation.length > 0);
  });
}

Deno.test("XX-6 no profile and a closed egress: both are causes, the profile first", () => {
  const { codes } = run({
    ...FAULTS["no instance profile"]!.changes,
    ...FAULTS["the instance's egress closed"]!.changes,
  });
  assert.deepEqual(codes, [
    "instance_profile.PROFILE_MISSING",
    "security_groups.SG_EGRESS_BLOCKED",
  ]);
});

Deno.test("what routes to something broken is the cause of the endpoints it does not have", () => {
  const { codes, causes } = run({
    ...NO_ENDPOINTS,
    ...ways({ routes: [route("0.0.0.0/0", IGW)] }),
  });
  assert.deepEqual(codes, ["routing.ROUTE_IGW_NO_PUBLIC_IP"]);
  assert.deepEqual(
    causes[0]!.findingIds.slice(1).map((id) => id.replace(/#.*/, "")),
    [
      "vpc_endpoints.VPCE_MISSING",
      "vpc_endpoints.VPCE_MISSING",
      "network_connectivity.PATH_BLOCKED",
    ],
  );
});

Deno.test("Online and not connected: only what concerns ssmmessages is a cause", () => {
  const online = { node: known(HEALTHY.node) };
  assert.deepEqual(run({ ...online, ...endpointsFar((ssm) => [ssm]) }).codes, [
    "vpc_endpoints.VPCE_PARTIAL",
  ]);
  assert.deepEqual(run({ ...online, ...endpointsFar((_, messages) => [messages]) }).codes, []);
});

Deno.test("connected: no network fault is critical any more, and none is the cause", () => {
  const network = ["vpc_endpoints", "security_groups", "routing", "network_acls"];
  for (const [name, { changes }] of Object.entries(FAULTS)) {
    const { results } = diagnose({ ...FAR_ENDPOINTS, ...changes, connection: known("connected") });
    const critical = results.filter(({ id, status }) =>
      network.includes(id) && status === "critical"
    );
    assert.deepEqual(critical, [], name);
  }
});

Deno.test("what nobody may see is a possible cause, never a proven one", () => {
  const { codes, causes } = run({ securityGroups: denied("ec2:DescribeSecurityGroups") });
  assert.deepEqual(codes, []);
  assert.equal(causes[0]!.certainty, "possible");
  assert.match(causes[0]!.findingIds[0]!, /^security_groups\.SG_NOT_VISIBLE/);
});

function endpointsFar(
  choose: (ssm: typeof SSM, messages: typeof MESSAGES) => Parameters<typeof endpoints>[number][],
): Partial<Facts> {
  const far = { subnetIds: [FAR_SUBNET] };
  return endpoints(...choose(SSM, MESSAGES).map((endpoint) => ({ ...endpoint, ...far })));
}

function notApplicable(action: string) {
  return {
    state: "failed",
    reason: "not_applicable",
    action,
    code: undefined,
    detail: "",
  } as const;
}
