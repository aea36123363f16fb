/**
 * The prefix lists of AWS itself: the two services that gateway endpoints exist for.
 *
 * @module
 */
import { seededId } from "./ids.ts";
import type { PrefixList } from "./network.ts";

export function awsPrefixLists(region: string): PrefixList[] {
  return [
    list(1, `com.amazonaws.${region}.s3`, ["52.216.0.0/15", "54.231.0.0/16"]),
    list(2, `com.amazonaws.${region}.dynamodb`, ["52.94.0.0/22", "52.119.224.0/20"]),
  ];
}

function list(number: number, name: string, cidrs: readonly string[]): PrefixList {
  return {
    prefixListId: seededId("pl", number),
    name,
    entries: cidrs.map((cidr) => ({ cidr, description: "" })),
  };
}
