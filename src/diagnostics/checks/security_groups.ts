/**
 * `security_groups`: do the rules let TCP 443 flow from the instance to the services.
 *
 * The agent opens every connection, so no inbound rule of the instance is needed. Source: AWS Systems
 * Manager User Guide, "Improve the security of EC2 instances by using VPC endpoints".
 *
 * @module
 */

import {
  type CheckOutcome,
  defineCheck,
  type Finding,
  findingId,
  type Resource,
} from "../contracts.ts";
import type { InstanceInterface } from "../facts/instance.ts";
import type { SecurityGroup } from "../facts/network.ts";
import {
  critical,
  type FindingDetails,
  info,
  ok,
  skipped,
  unknown,
  unknownBecause,
  warning,
} from "../findings.ts";
import {
  type GroupFacts,
  type GroupVerdict,
  judgeEgress,
  judgeIngress,
  unreadGroups,
} from "../network/group_verdicts.ts";
import { isAboutPorts } from "../network/group_rules.ts";
import { noInstance } from "../network/no_instance.ts";
import type { RequiredService } from "../network/services.ts";
import {
  type Network,
  resolveNetwork,
  type ServiceTarget,
  sourcesOf,
  TARGET_ACTIONS,
  TARGET_FACTS,
} from "../network/targets.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, fixCommand } from "../remedies.ts";

export const securityGroups = defineCheck({
  id: "security_groups",
  title: "Security group rules",
  category: "network",
  isSeedItem: true,
  primaryQuestion: "do the rules let TCP 443 flow instance -> service",
  facts: [...TARGET_FACTS, "securityGroups", "prefixLists"],
  requires: { aws: true, instance: "exists", ec2: true },
  actions: [
    ...TARGET_ACTIONS,
    "ec2:DescribeSecurityGroups",
    "ec2:GetManagedPrefixListEntries",
  ],
  run(facts, parameters): CheckOutcome {
    const message = "the security groups could not be read";
    const network = resolveNetwork(facts, parameters);
    if (network === undefined) return noInstance("SG_NOT_VISIBLE", facts.get("instance"), message);
    const [primary] = network.instance.interfaces;
    const groups = facts.get("securityGroups");
    const resources = [{ type: "instance", id: network.instance.instanceId }];
    if (groups.state !== "known") {
      const finding = unknownBecause("SG_NOT_VISIBLE", groups, message, { resources });
      return { findings: [finding], planned: 1 };
    }
    if (primary === undefined) {
      const finding = unknown(
        "SG_NOT_VISIBLE",
        "not_visible",
        "EC2 shows no network interface of the instance",
        { resources },
      );
      return { findings: [finding], planned: 1 };
    }
    const groupFacts = { groups: groups.value, lists: facts.get("prefixLists") };
    const context = { network, primary, groups: groupFacts, parameters };
    return {
      findings: [
        ...flowFindings(context),
        ...interfaceFindings(context),
        ...inboundFindings(context),
      ],
      planned: PLANNED,
    };
  },
});

/** Egress and ingress of each service, and what else the groups let in. */
const PLANNED = 5;

interface Context {
  network: Network;
  primary: InstanceInterface;
  groups: GroupFacts;
  parameters: CheckParameters;
}

/** One direction of one service's traffic. */
interface Flow {
  side: "egress" | "ingress";
  target: ServiceTarget;
  verdict: GroupVerdict;
}

function flowsOf(interface_: InstanceInterface, { network, groups }: Context): Flow[] {
  const addresses = sourcesOf({
    ...network,
    instance: {
      ...network.instance,
      interfaces: [interface_],
    },
  });
  return network.targets.flatMap((target): Flow[] => {
    const egress = judgeEgress(target, interface_.groupIds, network.family, groups);
    const flows: Flow[] = [{ side: "egress", target, verdict: egress }];
    if (target.kind === "endpoint") {
      const verdict = judgeIngress(target, { interface_, addresses }, groups);
      flows.push({ side: "ingress", target, verdict });
    }
    return flows;
  });
}

function flowFindings(context: Context): Finding[] {
  const { primary, groups: { groups } } = context;
  const flows = flowsOf(primary, context);
  const findings = [
    ...egressFindings(flows.filter(({ side }) => side === "egress"), context),
    ...asOneCause(
      flows.filter(({ side }) => side === "ingress").flatMap((flow) =>
        ingressFindings(flow, context)
      ),
    ),
    ...unseenFindings(flows, primary.groupIds),
  ];
  if (findings.length > 0) return findings;
  if (flows.some(({ verdict }) => verdict.verdict === "no_target")) {
    return [
      skipped(
        "SG_SKIPPED",
        "not_applicable",
        "the groups let TCP 443 out to some addresses, and there is no service to reach at any",
        { resources: groupResources(primary.groupIds) },
      ),
    ];
  }
  const fine = ok("SG_OK", "the rules let TCP 443 out, and into the endpoints in use", {
    resources: groupResources(primary.groupIds),
    evidence: {
      method: "rules",
      services: [...new Set(flows.map(({ target }) => target.service))],
    },
  });
  const unread = unreadGroups(primary.groupIds, groups);
  if (unread.length === 0) return [fine];
  return [
    fine,
    notReturned(unread, { primary: false }),
  ];
}

function egressFindings(flows: readonly Flow[], context: Context): Finding[] {
  const { primary, network, parameters } = context;
  const of = (verdict: GroupVerdict["verdict"]) =>
    flows.filter((flow) => flow.verdict.verdict === verdict);
  const groupIds = primary.groupIds;
  const details = (concerned: readonly Flow[]): FindingDetails => ({
    resources: groupResources(groupIds),
    evidence: {
      method: "rules",
      services: [...new Set(concerned.map(({ target }) => target.service))],
      targets: [...new Set(concerned.map(({ target }) => describeTarget(target)))],
    },
    remediation: [
      fixCommand("add_instance_egress_443", parameters),
      "Or " + awsCli(
        `ec2 authorize-security-group-egress --group-id ${groupIds[0]} --ip-permissions ` +
          `'IpProtocol=tcp,FromPort=443,ToPort=443,${peerOf(concerned[0]!.target)}'`,
        parameters,
      ),
    ],
    fixIds: ["add_instance_egress_443"],
    references: ["D2"],
  });
  const named = groupIds.join(", ");
  const findings: Finding[] = [];
  const blocked = of("blocked");
  if (blocked.length > 0) {
    findings.push(critical(
      "SG_EGRESS_BLOCKED",
      `no egress rule of ${named} lets TCP 443 to ${describeTargets(blocked)}`,
      details(blocked),
    ));
  }
  const otherFamily = of("other_family");
  if (otherFamily.length > 0) {
    const [has, needed] = network.family === 4 ? ["IPv6", "IPv4"] : ["IPv4", "IPv6"];
    findings.push(critical(
      "SG_RULE_OTHER_FAMILY",
      `the egress rules of ${named} let TCP 443 out over ${has} alone; ` +
        `${describeTargets(otherFamily)} is reached over ${needed}`,
      details(otherFamily),
    ));
  }
  const partial = of("partial");
  if (partial.length > 0) {
    findings.push(warning(
      "SG_ENDPOINT_PARTIAL",
      "high",
      `the egress rules of ${named} reach some addresses of ${
        describeTargets(partial)
      }, not all: ` +
        "connections fail now and then",
      details(partial),
    ));
  }
  const restricted = of("restricted");
  if (restricted.length > 0) {
    findings.push(warning(
      "SG_EGRESS_RESTRICTED",
      "high",
      `the egress rules of ${named} let TCP 443 to some addresses only; ` +
        `those of ${servicesOf(restricted)} change`,
      details(restricted),
    ));
  }
  return findings;
}

function ingressFindings(flow: Flow, context: Context): Finding[] {
  const { primary, network, parameters } = context;
  const { target, verdict } = flow;
  if (target.kind !== "endpoint" || verdict.verdict !== "blocked") return [];
  const { endpoint, service } = target;
  const source = primary.privateIps[0] ?? primary.id;
  const isNatUnused = network.mode === "NAT" || network.mode === "PUBLIC"
    ? "; the way to the internet is not taken, because the endpoint has the service's name"
    : "";
  return [
    critical(
      "SG_ENDPOINT_INGRESS_BLOCKED",
      `no ingress rule of ${endpoint.groupIds.join(", ")} lets TCP 443 from ${source} into ` +
        `${endpoint.endpointId} for ${service}${isNatUnused}`,
      {
        resources: [
          { type: "vpc-endpoint", id: endpoint.endpointId },
          ...groupResources(endpoint.groupIds),
        ],
        evidence: { method: "rules", services: [service], source },
        remediation: [
          fixCommand("add_endpoint_ingress_443", parameters),
          "Or " + awsCli(
            `ec2 authorize-security-group-ingress --group-id ${endpoint.groupIds[0]} ` +
              `--protocol tcp --port 443 --source-group ${primary.groupIds[0]}`,
            parameters,
          ),
        ],
        fixIds: ["add_endpoint_ingress_443"],
        references: ["D2", "R4"],
      },
    ),
  ];
}

/** What one rule in one group mends is one cause: the endpoints that share the first one's groups follow it. */
function asOneCause(findings: readonly Finding[]): Finding[] {
  const groupsOf = ({ resources }: Finding) => resources.slice(1).map(({ id }) => id).join();
  return findings.map((finding, index) => {
    const first = findings.slice(0, index).find((other) => groupsOf(other) === groupsOf(finding));
    return first === undefined
      ? finding
      : { ...finding, follows: [findingId("security_groups", first)] };
  });
}

/** One finding for all flows that cannot be judged, with the first reason. */
function unseenFindings(flows: readonly Flow[], groupIds: readonly string[]): Finding[] {
  const unseen = flows.flatMap(({ verdict, target }) =>
    verdict.verdict === "unseen" ? [{ verdict, target }] : []
  );
  const [first] = unseen;
  if (first === undefined) return [];
  const services = [...new Set(unseen.map(({ target }) => target.service))];
  const { because, unread } = first.verdict;
  const details: FindingDetails = {
    resources: groupResources(unread.length > 0 ? unread : groupIds),
    evidence: { services },
  };
  if (because !== undefined) {
    const message = `whether the rules let TCP 443 to ${services.join(" and ")} cannot be told`;
    return [unknownBecause("SG_NOT_VISIBLE", because, message, details)];
  }
  return [notReturned(unread, details)];
}

function notReturned(unread: readonly string[], details: FindingDetails): Finding {
  const what = unread.length === 0
    ? "EC2 does not show what the rules are about"
    : `EC2 does not show ${unread.join(", ")}: another account's, or gone`;
  return unknown("SG_NOT_VISIBLE", "not_visible", what, {
    resources: groupResources(unread),
    remediation: [
      "Ask the owner of the VPC for the rules about TCP 443, or look in the owner's account: " +
      "EC2 console, Security groups",
    ],
    ...details,
  });
}

function interfaceFindings(context: Context): Finding[] {
  const { network, primary } = context;
  const words = (interface_: InstanceInterface) =>
    flowsOf(interface_, context).map(({ verdict }) => verdict.verdict).join();
  const expected = words(primary);
  const different = network.instance.interfaces.slice(1)
    .filter((interface_) => words(interface_) !== expected);
  if (different.length === 0) return [];
  const ids = different.map(({ id }) => id);
  return [
    info(
      "SG_MULTI_ENI",
      `the groups of ${ids.join(", ")} let other traffic through than those of ${primary.id}, ` +
        "which is what was judged",
      { resources: ids.map((id) => ({ type: "network-interface", id })) },
    ),
  ];
}

const LOGIN_PORTS = [22n, 3389n];
const ANYBODY = ["0.0.0.0/0", "::/0"];

function inboundFindings({ primary, groups: { groups } }: Context): Finding[] {
  const own = groups.filter(({ groupId }) => primary.groupIds.includes(groupId));
  return own.flatMap((group) => {
    const open = openLoginPorts(group);
    if (open.length === 0) return [];
    return [
      warning(
        "SG_INBOUND_OPEN",
        "low",
        `${group.groupId} lets anybody in on TCP ${open.join(" and ")}, ` +
          "which Session Manager does not need",
        {
          primary: false,
          resources: groupResources([group.groupId]),
          evidence: { ports: open.map(Number) },
          remediation: [
            `Delete the rule if nothing else needs it: EC2 console, Security groups, ${group.groupId}`,
          ],
          references: ["D2"],
        },
      ),
    ];
  });
}

function openLoginPorts(group: SecurityGroup): bigint[] {
  const open = group.ingress.filter(({ cidrs, ipv6Cidrs }) =>
    [...cidrs, ...ipv6Cidrs].some((cidr) => ANYBODY.includes(cidr))
  );
  return LOGIN_PORTS.filter((port) =>
    open.some((rule) => isAboutPorts(rule, { first: port, last: port }))
  );
}

function groupResources(groupIds: readonly string[]): Resource[] {
  return groupIds.map((id) => ({ type: "security-group", id }));
}

function servicesOf(flows: readonly Flow[]): string {
  return flows.map(({ target }): RequiredService => target.service).join(" and ");
}

function describeTargets(flows: readonly Flow[]): string {
  const endpoints = flows.flatMap(({ target }) =>
    target.kind === "endpoint" ? [target.endpoint.endpointId] : []
  );
  return endpoints.length === 0
    ? `${servicesOf(flows)} on the internet`
    : `${endpoints.join(" and ")} for ${servicesOf(flows)}`;
}

function describeTarget(target: ServiceTarget): string {
  return target.kind === "endpoint" ? target.endpoint.endpointId : target.kind;
}

/** The narrowest peer that serves, as the AWS CLI writes it. */
function peerOf(target: ServiceTarget): string {
  const group = target.kind === "endpoint" ? target.endpoint.groupIds[0] : undefined;
  return group === undefined
    ? "IpRanges=[{CidrIp=0.0.0.0/0}]"
    : `UserIdGroupPairs=[{GroupId=${group}}]`;
}
