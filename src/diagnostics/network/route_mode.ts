/**
 * The way out of the instance's subnet: which route the internet's addresses take, and whether what
 * it points at works. A route's own `blackhole` is not enough; its target is always looked at.
 *
 * @module
 */

import type { Denied, Fact, Failed } from "../facts/fact.ts";
import type { Gateways, NatGateway, Route, RouteTable, RouteTables } from "../facts/network.ts";
import type { Ec2Instance } from "../facts/instance.ts";
import { EVERYWHERE, type Family, INTERNET, parseBlock } from "./addresses.ts";
import { containsSpan, cutSpan, sizeOf } from "./spans.ts";

/**
 * - `PUBLIC`, `NAT`: a way to the internet that works.
 * - `NOPUBLIC`: an internet gateway, but no public address to use it with.
 * - `BROKEN`: a route whose target does not work.
 * - `PRIVATE`: no route.
 * - `MODE6`: a way out over IPv6 alone; the agent's usual endpoints are IPv4.
 * - `UNKNOWN`: the way leads where it cannot be followed, or could not be read.
 */
export type RouteMode = "PUBLIC" | "NOPUBLIC" | "NAT" | "BROKEN" | "PRIVATE" | "MODE6" | "UNKNOWN";

/** As the other checks see it. */
export type EffectiveMode = "PUBLIC" | "NAT" | "PRIVATE" | "UNKNOWN";

export type RouteFault =
  | "blackhole"
  | "nat_unavailable"
  | "nat_not_public_subnet"
  | "igw_detached";

/** Where one route leads. */
export interface Way {
  mode: RouteMode;
  /** What it leads to: `nat-...`; undefined: no route. */
  target: string | undefined;
  /** Set when `BROKEN`. */
  fault: RouteFault | undefined;
  /** A few words, for `BROKEN` and `UNKNOWN`. */
  detail: string;
  /** Set when `UNKNOWN` for the sake of a fact that could not be read. */
  because: Denied | Failed | undefined;
}

export interface RouteAnalysis extends Way {
  routeTableId: string | undefined;
  /** Routes of a part of the internet that lead to something broken, beside a whole that is fine. */
  brokenParts: readonly { destination: string; way: Way }[];
}

export interface RouteSurroundings {
  instance: Ec2Instance;
  tables: Fact<RouteTables>;
  gateways: Fact<Gateways>;
  /** The instance has no IPv4 address, as in a subnet that gives out none. */
  isIpv6Only: boolean;
}

export function effectiveMode(mode: RouteMode): EffectiveMode {
  switch (mode) {
    case "PUBLIC":
    case "NAT":
      return mode;
    case "NOPUBLIC":
    case "BROKEN":
    case "PRIVATE":
      return "PRIVATE";
    case "MODE6":
    case "UNKNOWN":
      return "UNKNOWN";
    default:
      return mode satisfies never;
  }
}

export function analyseRoutes(surroundings: RouteSurroundings): RouteAnalysis {
  const { instance, tables, isIpv6Only } = surroundings;
  const table = tables.state === "known" ? tables.value.instance : undefined;
  const whole = (way: Way): RouteAnalysis => ({
    ...way,
    routeTableId: table?.routeTableId,
    brokenParts: [],
  });
  if (tables.state !== "known") return whole(unknownWay(undefined, "", tables));
  if (table === undefined) {
    return whole(unknownWay(undefined, "EC2 shows no route table for the subnet"));
  }
  const [first] = instance.interfaces;
  if (first === undefined || first.privateIps.length + first.ipv6Addresses.length === 0) {
    return whole(unknownWay(undefined, "EC2 shows no address of the instance"));
  }
  if (isIpv6Only) {
    return whole(unknownWay(
      undefined,
      "the subnet has only IPv6, and the agent's usual endpoints are IPv4: " +
        "it must be set up for the dual-stack names (*.api.aws)",
    ));
  }
  const [main, ...others] = waysOfInternet(table.routes, 4, surroundings);
  const way = main!.way;
  if ((way.mode === "PRIVATE" || way.mode === "NOPUBLIC") && leadsOutOverIpv6(surroundings)) {
    return whole({
      ...way,
      mode: "MODE6",
      detail:
        "the subnet has a way out over IPv6 alone, and the agent's usual endpoints are IPv4: " +
        "it must be set up for the dual-stack names (*.api.aws)",
    });
  }
  const works = (other: Way) => other.mode !== "BROKEN" && other.mode !== "PRIVATE";
  if (way.mode === "PRIVATE" && others.some((other) => works(other.way))) {
    const part = others.find((other) => works(other.way))!;
    return whole(unknownWay(
      part.way.target,
      "only a part of the internet has a route, and the addresses of the services change",
    ));
  }
  const brokenParts = way.mode === "BROKEN" ? [] : others
    .filter((other) => other.way.mode === "BROKEN")
    .map((other) => ({ destination: other.destination!, way: other.way }));
  return { ...whole(way), brokenParts };
}

/** One way through the internet, by the route that takes it. */
interface Part {
  destination: string | undefined;
  way: Way;
  size: bigint;
}

/** The widest part first: it is what an arbitrary address takes. Never empty. */
function waysOfInternet(
  routes: readonly Route[],
  family: Family,
  surroundings: RouteSurroundings,
): Part[] {
  const listed = routes.filter(({ target }) => target !== "local").flatMap((route) => {
    const destination = family === 4 ? route.destinationCidr : route.destinationIpv6Cidr;
    const block = destination === undefined ? undefined : parseBlock(destination);
    return block?.family === family ? [{ route, destination, block }] : [];
  });
  const parts = new Map<Route | undefined, Part>();
  for (
    const piece of INTERNET[family].flatMap((whole) => cutSpan(whole, listed.map((l) => l.block)))
  ) {
    const taken = listed.filter(({ block }) => containsSpan(block, piece))
      .reduce<typeof listed[number] | undefined>(
        (best, next) => best === undefined || sizeOf(next.block) < sizeOf(best.block) ? next : best,
        undefined,
      );
    const known = parts.get(taken?.route);
    if (known !== undefined) known.size += sizeOf(piece);
    else {
      parts.set(taken?.route, {
        destination: taken?.destination,
        way: taken === undefined
          ? withoutRoute(routes)
          : follow(taken.route, surroundings, surroundings.instance.vpcId),
        size: sizeOf(piece),
      });
    }
  }
  return [...parts.values()].sort((a, b) => a.size > b.size ? -1 : a.size < b.size ? 1 : 0);
}

/** No destination matches; a customer's prefix list may hold anything. The lists of gateway endpoints do not. */
function withoutRoute(routes: readonly Route[]): Way {
  const byList = routes.find((route) =>
    route.destinationPrefixListId !== undefined && !route.target?.startsWith("vpce-")
  );
  if (byList === undefined) return way("PRIVATE", undefined);
  return unknownWay(
    byList.target,
    `what prefix list ${byList.destinationPrefixListId} holds is not read`,
  );
}

/** A black hole says that its target is gone; the target itself often says why. */
function follow(route: Route, surroundings: RouteSurroundings, vpcId: string): Way {
  const { target } = route;
  const way = followTarget(target, surroundings, vpcId);
  if (route.state.toLowerCase() !== "blackhole" || way.mode === "BROKEN") return way;
  return broken("blackhole", target, `${target ?? "its target"} is gone (blackhole)`);
}

function followTarget(
  target: string | undefined,
  surroundings: RouteSurroundings,
  vpcId: string,
): Way {
  if (target?.startsWith("igw-")) return followInternetGateway(target, surroundings, vpcId);
  if (target?.startsWith("nat-")) return followNat(target, surroundings);
  return unknownWay(target, `${target ?? "a target without a name"} cannot be followed from here`);
}

function followInternetGateway(
  target: string,
  { instance, gateways }: RouteSurroundings,
  vpcId: string,
): Way {
  if (gateways.state === "known" && !isAttached(gateways.value.internet, target, vpcId)) {
    return broken("igw_detached", target, `${target} is not attached to ${vpcId}`);
  }
  const hasPublicIp = instance.interfaces[0]?.publicIp !== undefined;
  if (!hasPublicIp && instance.state !== "running" && instance.state !== "pending") {
    return unknownWay(target, "whether it gets a public address is decided when it is started");
  }
  // Without an address there is no way out, whatever could be seen of the gateway.
  if (!hasPublicIp) return way("NOPUBLIC", target);
  return gateways.state === "known" ? way("PUBLIC", target) : unknownWay(target, "", gateways);
}

function followNat(target: string, surroundings: RouteSurroundings): Way {
  const { gateways } = surroundings;
  if (gateways.state !== "known") return unknownWay(target, "", gateways);
  const nat = gateways.value.nat.find(({ natGatewayId }) => natGatewayId === target);
  if (nat === undefined) return broken("nat_unavailable", target, `${target} does not exist`);
  if (nat.state.toLowerCase() !== "available") {
    return broken("nat_unavailable", target, `${target} is ${nat.state}`);
  }
  if (nat.connectivity === "private") {
    return unknownWay(target, `${target} is a private NAT gateway: where it leads is not seen`);
  }
  return nat.isRegional ? way("NAT", target) : natSubnetWay(nat, surroundings);
}

/** A public NAT gateway works only from a subnet whose own default route is an internet gateway. */
function natSubnetWay(nat: NatGateway, { tables, gateways }: RouteSurroundings): Way {
  const target = nat.natGatewayId;
  const bySubnet = tables.state === "known" ? Object.entries(tables.value.bySubnet) : [];
  const table = bySubnet.find(([subnetId]) => subnetId === nat.subnetId)?.[1];
  if (table === undefined || gateways.state !== "known") {
    return unknownWay(target, `the route table of ${target}'s subnet is not seen`);
  }
  const route = defaultRoute(table);
  const next = route?.target;
  const isBlackhole = route?.state.toLowerCase() === "blackhole";
  if (next?.startsWith("igw-") && !isBlackhole) {
    if (isAttached(gateways.value.internet, next, nat.vpcId)) return way("NAT", target);
    return broken(
      "igw_detached",
      next,
      `${next}, behind ${target}, is not attached to ${nat.vpcId}`,
    );
  }
  // A firewall or an appliance between the gateway and the internet is common.
  if (route !== undefined && !isBlackhole && !next?.startsWith("nat-")) {
    return unknownWay(
      target,
      `behind ${target}, ${next ?? "a target without a name"} cannot be followed`,
    );
  }
  return broken(
    "nat_not_public_subnet",
    target,
    `the subnet of ${target}, ${nat.subnetId}, has no route to an internet gateway`,
  );
}

function defaultRoute(table: RouteTable): Route | undefined {
  return table.routes.find((route) => {
    const block = parseBlock(route.destinationCidr ?? "");
    return block !== undefined && sizeOf(block) === sizeOf(EVERYWHERE[4]) && block.family === 4;
  });
}

/** Whether an arbitrary IPv6 address is reached, through a gateway that is attached. */
function leadsOutOverIpv6(surroundings: RouteSurroundings): boolean {
  const { instance, tables, gateways } = surroundings;
  const hasAddress = instance.interfaces[0]?.ipv6Addresses.length ?? 0;
  if (hasAddress === 0 || tables.state !== "known") return false;
  const whole = tables.value.instance?.routes.find((route) => {
    const block = parseBlock(route.destinationIpv6Cidr ?? "");
    return block !== undefined && INTERNET[6].every((internet) => containsSpan(block, internet));
  });
  if (whole?.target === undefined || whole.state.toLowerCase() === "blackhole") return false;
  if (!/^e?igw-/.test(whole.target)) return false;
  // Not seen is not refuted: with IPv6 in play nothing is certain over IPv4 either.
  if (gateways.state !== "known") return true;
  return isAttached(gateways.value.internet, whole.target, instance.vpcId) ||
    gateways.value.egressOnly.some(({ gatewayId, attachedVpcIds }) =>
      gatewayId === whole.target && attachedVpcIds.includes(instance.vpcId)
    );
}

function isAttached(gateways: Gateways["internet"], id: string, vpcId: string): boolean {
  return gateways.some(({ internetGatewayId, attachedVpcIds }) =>
    internetGatewayId === id && attachedVpcIds.includes(vpcId)
  );
}

function way(mode: RouteMode, target: string | undefined): Way {
  return { mode, target, fault: undefined, detail: "", because: undefined };
}

function broken(fault: RouteFault, target: string | undefined, detail: string): Way {
  return { mode: "BROKEN", target, fault, detail, because: undefined };
}

function unknownWay(target: string | undefined, detail: string, because?: Denied | Failed): Way {
  return { mode: "UNKNOWN", target, fault: undefined, detail, because };
}
