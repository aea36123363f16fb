/**
 * Trouble on the way to the services, and ways that work.
 *
 * @module
 */
import type { NetworkBuilder } from "./network_builder.ts";
import { aclEntry, addRule, clearRules } from "./network_builder.ts";
import { critical, type Scenario, unknown, warning } from "./scenario.ts";
import type { InstanceOptions, Seeder } from "./seeder.ts";

/** A scenario that is one network and one instance in it. */
function one(
  fields: Omit<Scenario, "seed">,
  build: (network: NetworkBuilder) => void,
  options: InstanceOptions = {},
): Scenario {
  return {
    ...fields,
    seed(seeder: Seeder) {
      const network = seeder.network();
      build(network);
      seeder.instance(network, options);
    },
  };
}

/** They were online before the trouble began. */
const WAS = { wasRegistered: true };
const HTTPS = { from: 443, to: 443 };
const EPHEMERAL = { from: 1024, to: 65_535 };

export const NETWORK_SCENARIOS: readonly Scenario[] = [
  one({
    name: "private-endpoints",
    about: "nothing is wrong: a private subnet with interface endpoints",
    expected: undefined,
  }, (network) => network.addEndpoints()),
  one({
    name: "nat",
    about: "nothing is wrong: a private subnet behind a NAT gateway",
    expected: undefined,
  }, (network) => network.addNat()),

  // --- Endpoints ---
  one({
    name: "no-endpoints",
    about: "a private subnet with neither endpoints nor a way to the internet",
    expected: critical("vpc_endpoints", "VPCE_MISSING"),
  }, () => {}),
  one({
    name: "no-messages-endpoint",
    about: "the ssmmessages endpoint is missing: the node is Online and takes no sessions",
    expected: critical("vpc_endpoints", "VPCE_PARTIAL"),
  }, (network) => network.addEndpoint("ssm")),
  one(
    {
      name: "endpoint-failed",
      about: "the endpoints have failed",
      expected: critical("vpc_endpoints", "VPCE_NOT_AVAILABLE"),
    },
    (network) => network.addEndpoints({ state: "failed" }),
    WAS,
  ),
  one(
    {
      name: "private-dns-off",
      about: "the endpoints are there, but the services' names do not lead to them",
      expected: critical("vpc_endpoints", "VPCE_PRIVATE_DNS_OFF"),
    },
    (network) => network.addEndpoints({ privateDns: false }),
    WAS,
  ),
  one(
    {
      name: "dns-support-off",
      about: "the VPC resolves no names",
      expected: critical("vpc_endpoints", "VPC_DNS_SUPPORT_OFF"),
    },
    (network) => {
      network.addEndpoints();
      network.vpc.dnsSupport = false;
    },
    WAS,
  ),
  one(
    {
      name: "dns-hostnames-off",
      about: "the VPC has no DNS hostnames, so private names of endpoints do not work",
      expected: critical("vpc_endpoints", "VPC_DNS_HOSTNAMES_OFF"),
    },
    (network) => {
      network.addEndpoints();
      network.vpc.dnsHostnames = false;
    },
    WAS,
  ),
  one(
    {
      name: "endpoint-policy",
      about: "the policy of the ssmmessages endpoint refuses everything",
      expected: critical("vpc_endpoints", "VPCE_POLICY_RESTRICTIVE"),
    },
    (network) => {
      network.addEndpoint("ssm");
      const policy = {
        Statement: [{ Effect: "Deny", Principal: "*", Action: "*", Resource: "*" }],
      };
      network.addEndpoint("ssmmessages", { policy: JSON.stringify(policy) });
    },
    WAS,
  ),
  one({
    name: "endpoint-other-zone",
    about: "works, through endpoints in another Availability Zone",
    expected: warning("vpc_endpoints", "VPCE_OTHER_AZ"),
  }, (network) => network.addEndpoints({ subnet: network.addSubnet(2, { zone: "b" }) })),
  one({
    name: "custom-dns",
    about: "works, with name servers of its own that ask the VPC's resolver",
    expected: warning("vpc_endpoints", "VPCE_CUSTOM_DNS"),
  }, (network) => {
    network.addEndpoints();
    network.useNameServer("10.0.0.53");
  }),

  // --- Security groups ---
  one(
    {
      name: "egress-closed",
      about: "the instance's security group lets nothing out",
      expected: critical("security_groups", "SG_EGRESS_BLOCKED"),
    },
    (network) => {
      network.addNat();
      clearRules(network.group, "out");
    },
    WAS,
  ),
  one(
    {
      name: "egress-ipv6-only",
      about: "the instance's security group lets only IPv6 out",
      expected: critical("security_groups", "SG_RULE_OTHER_FAMILY"),
    },
    (network) => {
      network.addNat();
      clearRules(network.group, "out");
      addRule(network.group, { isEgress: true, peer: { ipv6Cidr: "::/0" } });
    },
    WAS,
  ),
  one(
    {
      name: "endpoint-group-closed",
      about: "the endpoints' security group refuses the instance",
      expected: critical("security_groups", "SG_ENDPOINT_INGRESS_BLOCKED"),
    },
    (network) => {
      network.addEndpoints();
      clearRules(network.endpointGroup, "in");
    },
    WAS,
  ),
  one(
    {
      name: "endpoint-shadows-nat",
      about:
        "NAT works, but endpoints with private DNS take the names over and refuse the instance",
      expected: critical("security_groups", "SG_ENDPOINT_INGRESS_BLOCKED"),
    },
    (network) => {
      network.addNat();
      network.addEndpoints();
      clearRules(network.endpointGroup, "in");
      addRule(network.endpointGroup, { peer: { cidr: "192.168.0.0/24" }, ports: HTTPS });
    },
    WAS,
  ),

  // --- Network ACLs ---
  one(
    {
      name: "acl-egress",
      about: "the subnet's network ACL refuses HTTPS on its way out",
      expected: critical("network_acls", "NACL_EGRESS_BLOCKED"),
    },
    (network) => {
      network.addNat();
      network.replaceAcl(network.subnet, [
        aclEntry(90, "out", "deny", HTTPS),
        aclEntry(100, "out", "allow"),
        aclEntry(100, "in", "allow"),
      ]);
    },
    WAS,
  ),
  one(
    {
      name: "acl-return",
      about: "the subnet's network ACL lets HTTPS out, and no answers back in",
      expected: critical("network_acls", "NACL_RETURN_BLOCKED"),
    },
    (network) => {
      network.addNat();
      network.replaceAcl(network.subnet, [
        aclEntry(100, "out", "allow", HTTPS),
        aclEntry(100, "in", "allow", HTTPS),
      ]);
    },
    WAS,
  ),
  one(
    {
      name: "acl-endpoint-subnet",
      about: "the endpoints are in another subnet, whose network ACL refuses HTTPS",
      expected: critical("network_acls", "NACL_ENDPOINT_SUBNET"),
    },
    (network) => {
      const subnet = network.addSubnet(2);
      network.addEndpoints({ subnet });
      network.replaceAcl(subnet, [
        aclEntry(100, "out", "allow", EPHEMERAL),
        aclEntry(100, "in", "allow", { from: 22, to: 22 }),
      ]);
    },
    WAS,
  ),

  // --- Routes ---
  one(
    {
      name: "nat-deleted",
      about: "the NAT gateway that the default route names has been deleted",
      expected: critical("routing", "ROUTE_NAT_UNAVAILABLE"),
    },
    (network) => network.addNat({ state: "deleted" }),
    WAS,
  ),
  one(
    {
      name: "nat-in-private-subnet",
      about: "the NAT gateway is in a subnet without a way to the internet",
      expected: critical("routing", "ROUTE_NAT_NOT_PUBLIC_SUBNET"),
    },
    (network) => network.addNat({ isPublicSubnet: false }),
    WAS,
  ),
  one(
    {
      name: "internet-gateway-detached",
      about: "the internet gateway that the default route names is detached",
      expected: critical("routing", "ROUTE_IGW_DETACHED"),
    },
    (network) => network.route(network.addInternetGateway({ isAttached: false })),
    { ...WAS, publicIp: "198.51.100.200" },
  ),
  one(
    {
      name: "route-blackhole",
      about: "the default route leads to a network interface that is gone",
      expected: critical("routing", "ROUTE_BLACKHOLE"),
    },
    (network) => network.route("eni-0a5b0cfffffffffff"),
    WAS,
  ),
  one({
    name: "no-public-ip",
    about: "a public subnet, and an instance without a public address",
    expected: critical("routing", "ROUTE_IGW_NO_PUBLIC_IP"),
  }, (network) => network.route(network.addInternetGateway())),
  one({
    name: "route-partial",
    about: "works, but a more specific route leads to a NAT gateway that is gone",
    expected: warning("routing", "ROUTE_PARTIAL"),
  }, (network) => {
    network.addNat();
    network.addNat({ state: "deleted", destination: "52.0.0.0/8" });
  }),
  one(
    {
      name: "transit-gateway",
      about: "the default route leads to a transit gateway, and what is behind it cannot be seen",
      expected: unknown("vpc_endpoints", "VPCE_PATH_NOT_VISIBLE"),
    },
    (network) => network.route("tgw-0a5b0c00000000001"),
    WAS,
  ),
  {
    name: "ipv6-only",
    about: "an IPv6-only subnet, and an agent that asks for IPv4 names",
    expected: unknown("vpc_endpoints", "VPCE_PATH_NOT_VISIBLE"),
    seed(seeder) {
      const network = seeder.network({ isIpv6Only: true });
      network.route(network.addEgressOnlyGateway(), "::/0");
      seeder.instance(network);
    },
  },
];
