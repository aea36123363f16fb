/**
 * What works and may not for long, and what cannot be told for sure.
 *
 * @module
 */
import { policyText } from "../cloud/managed_policies.ts";
import { aclEntry, addRule, clearRules } from "./network_builder.ts";
import { critical, type Scenario, unknown, warning } from "./scenario.ts";

const HTTPS = { from: 443, to: 443 };
const MINUTE_MS = 60_000;

export const FRAIL_SCENARIOS: readonly Scenario[] = [
  {
    name: "no-ssm-endpoint",
    about: "works, but the ssm endpoint is missing: sessions start and the health pings are lost",
    expected: warning("ssm_agent", "AGENT_STATUS_CONFLICT"),
    seed(seeder) {
      const network = seeder.network();
      network.addEndpoint("ssmmessages");
      seeder.instance(network, { wasRegistered: true });
    },
  },
  {
    name: "egress-restricted",
    about: "works, but the instance's security group lets HTTPS out to some addresses only",
    expected: warning("security_groups", "SG_EGRESS_RESTRICTED"),
    seed(seeder) {
      const network = seeder.network();
      network.addNat();
      clearRules(network.group, "out");
      addRule(network.group, { isEgress: true, peer: { cidr: "3.0.0.0/8" }, ports: HTTPS });
      seeder.instance(network);
    },
  },
  {
    name: "inbound-open",
    about: "works, and lets SSH in from everywhere, which Session Manager does not need",
    expected: warning("security_groups", "SG_INBOUND_OPEN"),
    seed(seeder) {
      const network = seeder.network();
      network.addNat();
      addRule(network.group, { peer: { cidr: "0.0.0.0/0" }, ports: { from: 22, to: 22 } });
      seeder.instance(network);
    },
  },
  {
    name: "acl-return-partial",
    about: "works at times: the network ACL lets answers back in on some ports only",
    expected: warning("network_acls", "NACL_RETURN_PARTIAL"),
    seed(seeder) {
      const network = seeder.network();
      network.addNat();
      network.replaceAcl(network.subnet, [
        aclEntry(100, "out", "allow"),
        aclEntry(100, "in", "allow", { from: 32_768, to: 50_000 }),
      ]);
      seeder.instance(network);
    },
  },
  {
    name: "event-overdue",
    about: "works; AWS should have stopped the instance an hour ago",
    expected: critical("scheduled_events", "EVENT_OVERDUE"),
    seed(seeder) {
      const network = seeder.network();
      network.addNat();
      seeder.instance(network).events.push({
        eventId: "instance-event-0a5b0c00000000002",
        code: "instance-stop",
        description: "The instance is running on degraded hardware",
        notBeforeMs: seeder.nowMs - 60 * MINUTE_MS,
      });
    },
  },
  {
    name: "role-conditional",
    about: "the role may open channels under a condition that nobody outside can judge",
    expected: unknown("iam_permissions", "role.CONDITIONAL"),
    seed(seeder) {
      const network = seeder.network();
      network.addNat();
      const { role, name } = seeder.roleWithProfile();
      role.inline.set(
        "conditional",
        policyText({
          Effect: "Allow",
          Action: ["ssm:*", "ssmmessages:*", "ec2messages:*"],
          Resource: "*",
          Condition: { StringEquals: { "aws:PrincipalTag/team": "platform" } },
        }),
      );
      seeder.instance(network, { wasRegistered: true, profile: name });
    },
  },
];
