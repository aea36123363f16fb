/**
 * How the `routing` check calls what is wrong with the way out, for findings that follow from it.
 *
 * @module
 */

import type { Finding, Resource } from "../contracts.ts";
import type { RouteAnalysis, RouteFault } from "./route_mode.ts";
import type { Network } from "./targets.ts";

const FAULT_CODES: Readonly<Record<RouteFault, string>> = {
  blackhole: "ROUTE_BLACKHOLE",
  nat_unavailable: "ROUTE_NAT_UNAVAILABLE",
  nat_not_public_subnet: "ROUTE_NAT_NOT_PUBLIC_SUBNET",
  igw_detached: "ROUTE_IGW_DETACHED",
};

/** Undefined when nothing is known to be wrong. */
export function routeFault({ routes }: Network): Pick<Finding, "code" | "resources"> | undefined {
  const resources = routeResources(routes);
  if (routes.mode === "NOPUBLIC") return { code: "ROUTE_IGW_NO_PUBLIC_IP", resources };
  if (routes.fault === undefined) return undefined;
  return { code: FAULT_CODES[routes.fault], resources };
}

/** The gateway first: it is what a finding about the route is named after. */
export function routeResources({ target, routeTableId }: RouteAnalysis): Resource[] {
  return [
    ...(target === undefined ? [] : [{ type: "gateway", id: target }]),
    ...(routeTableId === undefined ? [] : [{ type: "route-table", id: routeTableId }]),
  ];
}
