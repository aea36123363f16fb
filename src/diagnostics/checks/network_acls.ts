/**
 * `network_acls`: do the stateless rules let 443 out and the answers back.
 *
 * Source: AWS Systems Manager User Guide, "Categories of diagnosable unmanaged EC2 instance issues":
 * 443 out, 1024-65535 in.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding, type Resource } from "../contracts.ts";
import {
  critical,
  type FindingDetails,
  ok,
  skipped,
  unknown,
  unknownBecause,
  warning,
} from "../findings.ts";
import { firstDenyNumber } from "../network/acl_rules.ts";
import { type AclVerdict, judgeAcls } from "../network/acl_verdicts.ts";
import { noInstance } from "../network/no_instance.ts";
import {
  type Network,
  resolveNetwork,
  sourcesOf,
  TARGET_ACTIONS,
  TARGET_FACTS,
} from "../network/targets.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli } from "../remedies.ts";

export const networkAcls = defineCheck({
  id: "network_acls",
  title: "Network ACL rules",
  category: "network",
  isSeedItem: false,
  primaryQuestion: "do the stateless rules let 443 out and replies back",
  facts: [...TARGET_FACTS, "networkAcls"],
  requires: { aws: true, instance: "exists", ec2: true },
  actions: [...TARGET_ACTIONS, "ec2:DescribeNetworkAcls"],
  run(facts, parameters): CheckOutcome {
    const message = "the network ACLs could not be read";
    const network = resolveNetwork(facts, parameters);
    if (network === undefined) {
      return noInstance("NACL_NOT_VISIBLE", facts.get("instance"), message);
    }
    const acls = facts.get("networkAcls");
    const resources = subnetResources(network);
    if (acls.state !== "known") {
      const finding = unknownBecause("NACL_NOT_VISIBLE", acls, message, { resources });
      return { findings: [finding], planned: 1 };
    }
    const verdicts = network.targets.flatMap((target) => judgeAcls(target, network, acls.value));
    const findings = [
      ...groupBySubnet(verdicts).flatMap((group) => subnetFindings(group, network, parameters)),
      ...unseenFindings(network),
    ];
    return { findings: findings.length > 0 ? findings : [fine(verdicts, network)], planned: 2 };
  },
});

/** Verdicts about the same subnet, one a service. */
type Group = readonly [AclVerdict, ...AclVerdict[]];

function groupBySubnet(verdicts: readonly AclVerdict[]): Group[] {
  const groups = Map.groupBy(verdicts, ({ subnetId }) => subnetId);
  return [...groups.values()] as unknown as Group[];
}

function subnetFindings(group: Group, network: Network, parameters: CheckParameters): Finding[] {
  const [{ acl, subnetId, side }] = group;
  if (acl === undefined) {
    return [
      unknown("NACL_NOT_VISIBLE", "not_visible", `EC2 shows no network ACL of ${subnetId}`, {
        resources: [{ type: "subnet", id: subnetId }],
        evidence: { services: servicesOf(group) },
        remediation: [
          "Ask the owner of the VPC for the ACL's rules about TCP 443 and 1024-65535: " +
          "VPC console, Network ACLs",
        ],
      }),
    ];
  }
  const details = (concerned: readonly AclVerdict[]): FindingDetails => ({
    resources: [
      { type: "network-acl", id: acl.networkAclId },
      { type: "subnet", id: subnetId },
    ],
    evidence: { method: "rules", side, services: servicesOf(concerned) },
    references: ["D8"],
  });
  return side === "endpoint"
    ? endpointFindings({ group, acl, details, parameters })
    : instanceFindings({ group, acl, details, parameters }, network);
}

interface SubnetContext {
  group: Group;
  acl: NonNullable<AclVerdict["acl"]>;
  details(concerned: readonly AclVerdict[]): FindingDetails;
  parameters: CheckParameters;
}

function instanceFindings(context: SubnetContext, network: Network): Finding[] {
  const { group, acl, details } = context;
  const { subnetId } = group[0];
  const findings: Finding[] = [];
  const closed = group.filter(({ request }) => request === "none");
  if (closed.length > 0) {
    findings.push(critical(
      "NACL_EGRESS_BLOCKED",
      `${acl.networkAclId} of ${subnetId} denies TCP 443 out to ${describe(closed)}`,
      { ...details(closed), remediation: advice(context, "egress", "443") },
    ));
  }
  const narrowed = group.filter(({ request, target }) =>
    request === "some" && target.kind !== "nowhere"
  );
  if (narrowed.length > 0) {
    findings.push(warning(
      "NACL_EGRESS_PARTIAL",
      "high",
      `${acl.networkAclId} of ${subnetId} lets TCP 443 out to some addresses only; those of ` +
        `${describe(narrowed)} may be others`,
      { ...details(narrowed), remediation: advice(context, "egress", "443") },
    ));
  }
  const unanswered = group.filter(({ answers }) => answers === "none");
  if (unanswered.length > 0) {
    findings.push(critical(
      "NACL_RETURN_BLOCKED",
      `${acl.networkAclId} of ${subnetId} denies the answers (TCP 1024-65535 in) of ` +
        describe(unanswered),
      { ...details(unanswered), remediation: advice(context, "ingress", "1024-65535") },
    ));
  }
  const partly = group.filter(({ answers, target }) =>
    answers === "some" && target.kind !== "nowhere"
  );
  if (partly.length > 0) {
    const isMild = partly.every(({ linuxAnswers }) => linuxAnswers === "all") &&
      network.instance.platform === "linux" && network.mode !== "NAT";
    findings.push(warning(
      "NACL_RETURN_PARTIAL",
      isMild ? "low" : "high",
      `${acl.networkAclId} of ${subnetId} lets answers in to a part of TCP 1024-65535 only` +
        (isMild ? ", which holds the ports that Linux uses by default" : ""),
      { ...details(partly), remediation: advice(context, "ingress", "1024-65535") },
    ));
  }
  return findings;
}

function endpointFindings(context: SubnetContext): Finding[] {
  const { group, acl, details } = context;
  const { subnetId } = group[0];
  const blocked = group.filter(({ request, answers }) => request !== "all" || answers === "none");
  if (blocked.length > 0) {
    const isRequest = blocked.some(({ request }) => request !== "all");
    return [
      critical(
        "NACL_ENDPOINT_SUBNET",
        `${acl.networkAclId} of ${subnetId}, where the endpoint for ${
          servicesOf(blocked).join(" and ")
        } is, denies ${
          isRequest ? "TCP 443 in from the instance" : "answers to it (TCP 1024-65535 out)"
        }`,
        {
          ...details(blocked),
          remediation: isRequest
            ? advice(context, "ingress", "443")
            : advice(context, "egress", "1024-65535"),
        },
      ),
    ];
  }
  const partly = group.filter(({ answers }) => answers === "some");
  if (partly.length === 0) return [];
  return [
    warning(
      "NACL_RETURN_PARTIAL",
      partly.every(({ linuxAnswers }) => linuxAnswers === "all") ? "low" : "high",
      `${acl.networkAclId} of ${subnetId}, where the endpoint for ${
        servicesOf(partly).join(" and ")
      } is, lets answers out to a part of TCP 1024-65535 only`,
      { ...details(partly), remediation: advice(context, "egress", "1024-65535") },
    ),
  ];
}

/** Never applied by us: the subnet is shared by others. */
function advice(
  { acl, parameters }: SubnetContext,
  direction: "ingress" | "egress",
  ports: string,
): string[] {
  const number = suggestedNumber(firstDenyNumber(acl, direction));
  const [from, to = from] = ports.split("-");
  return [
    `Add a rule that allows TCP ${ports} ${direction === "egress" ? "out" : "in"}: ` + awsCli(
      `ec2 create-network-acl-entry --network-acl-id ${acl.networkAclId} --${direction} ` +
        `--rule-number ${number} --protocol tcp --port-range From=${from},To=${to} ` +
        "--cidr-block 0.0.0.0/0 --rule-action allow",
      parameters,
    ),
    `Its number must be free, and below every rule that denies the same: VPC console, ` +
    `Network ACLs, ${acl.networkAclId}`,
  ];
}

/** Below the first refusal; 90 is what AWS's own examples leave free. */
function suggestedNumber(firstDeny: number | undefined): number {
  return firstDeny === undefined ? 90 : Math.max(1, Math.min(90, firstDeny - 1));
}

/** What goes to a target of which nobody could see where it is. */
function unseenFindings(network: Network): Finding[] {
  const hasSource = sourcesOf(network).length > 0;
  const unseen = network.targets.filter((target) =>
    target.kind === "unseen" ||
    (target.kind === "endpoint" && (target.addresses.length === 0 || !hasSource))
  );
  const because =
    unseen.flatMap((target) =>
      target.kind === "unseen" || target.kind === "endpoint" ? target.because ?? [] : []
    )[0];
  if (unseen.length === 0) return [];
  const services = unseen.map(({ service }) => service);
  const details = { resources: subnetResources(network), evidence: { services } };
  const message = `which rules the traffic to ${services.join(" and ")} meets cannot be told`;
  if (because !== undefined) {
    return [unknownBecause("NACL_NOT_VISIBLE", because, message, details)];
  }
  return [
    unknown(
      "NACL_NOT_VISIBLE",
      "not_visible",
      `${message}: EC2 does not show the addresses of both ends`,
      { ...details, remediation: ["Look at the endpoint's subnets: VPC console, Endpoints"] },
    ),
  ];
}

function subnetResources({ instance }: Network): Resource[] {
  return [{ type: "subnet", id: instance.subnetId }];
}

function fine(verdicts: readonly AclVerdict[], network: Network): Finding {
  const resources = subnetResources(network);
  // Rules that let some traffic pass, and nothing to reach: neither right nor wrong.
  const isOpen = verdicts.every(({ request, answers }) => request === "all" && answers === "all");
  if (!isOpen) {
    return skipped(
      "NACL_SKIPPED",
      "not_applicable",
      "the rules let some traffic pass, and there is no service to reach with it",
      { resources },
    );
  }
  const message = verdicts.length === 0
    ? "the endpoints are in the instance's own subnet, where no ACL filters"
    : "the rules let TCP 443 out and the answers back";
  return ok("NACL_OK", message, {
    resources,
    evidence: { method: "rules", services: network.targets.map(({ service }) => service) },
  });
}

function servicesOf(verdicts: readonly AclVerdict[]): string[] {
  return verdicts.map(({ target }) => target.service);
}

function describe(verdicts: readonly AclVerdict[]): string {
  const endpoints = verdicts.flatMap(({ target }) =>
    target.kind === "endpoint" ? [target.endpoint.endpointId] : []
  );
  const services = servicesOf(verdicts).join(" and ");
  return endpoints.length === 0 ? services : `${endpoints.join(" and ")} for ${services}`;
}
