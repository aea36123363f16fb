/**
 * What presets and groups must be to each other, beyond the shape of each.
 *
 * Reads tables as they are in the file, so that these problems are told beside all others.
 *
 * @module
 */

import { localAddress } from "./addresses.ts";
import { nearestName } from "./nearest.ts";
import { didYouMean } from "./problems.ts";
import { settingName, type SettingPath } from "./shape.ts";
import { isTable, type Table } from "./tables.ts";

/** Something wrong at a place; `what` and the others as in `Problem`. */
export interface PlacedProblem {
  path: SettingPath;
  what: string;
  found: string | undefined;
  wanted: string;
  hint: string | undefined;
}

/** A local port that a preset fixes. */
interface Endpoint {
  path: SettingPath;
  port: number;
  address: string;
}

/** What keeps presets and groups from being used. */
export function presetProblems(table: Table): PlacedProblem[] {
  const connections = isTable(table["connections"]) ? table["connections"] : {};
  const groups = isTable(table["groups"]) ? table["groups"] : {};
  const problems: PlacedProblem[] = [];
  for (const [name, preset] of Object.entries(connections)) {
    problems.push(...forwardCollisions(endpointsOf(name, preset)));
  }
  for (const [name, members] of Object.entries(groups)) {
    if (Object.hasOwn(connections, name)) {
      problems.push({
        path: ["groups", name],
        what: `${name} is the name of a preset and of a group`,
        found: JSON.stringify(name),
        wanted: "one name for one of them: up and down take both",
        hint: undefined,
      });
    }
    if (!Array.isArray(members)) continue;
    problems.push(
      ...members.flatMap((member, at) =>
        typeof member === "string"
          ? memberProblem(member, { name, at, members, connections, groups }) ?? []
          : []
      ),
    );
    problems.push(...groupCollisions(name, members, connections));
  }
  return problems;
}

/** Forwards of one preset that both want a port. */
function forwardCollisions(endpoints: readonly Endpoint[]): PlacedProblem[] {
  return endpoints.flatMap((other, at) => {
    const one = endpoints.slice(0, at).find((before) => collide(before, other));
    if (one === undefined) return [];
    return {
      path: other.path,
      what: `${settingName(other.path)} is ${other.port}, as is ${settingName(one.path)}`,
      found: String(other.port),
      wanted: "another port, or another address in bind",
      hint: undefined,
    };
  });
}

function memberProblem(
  member: string,
  { name, at, members, connections, groups }: {
    name: string;
    at: number;
    members: readonly unknown[];
    connections: Table;
    groups: Table;
  },
): PlacedProblem | undefined {
  const path = ["groups", name, at];
  const problem = (what: string, wanted: string, hint?: string): PlacedProblem => ({
    path,
    what,
    found: JSON.stringify(member),
    wanted,
    hint,
  });
  const group = settingName(["groups", name]);
  if (Object.hasOwn(connections, member)) {
    return members.indexOf(member) === at
      ? undefined
      : problem(`${group} names ${member} twice`, "each preset once");
  }
  if (member === name) return problem(`${group} names itself`, "presets; a group holds no groups");
  if (Object.hasOwn(groups, member)) {
    return problem(`${group} names the group ${member}`, "presets; a group holds no groups");
  }
  return problem(
    `${group} names ${JSON.stringify(member)}, and there is no such preset`,
    "the name of a preset in connections",
    didYouMean(nearestName(member, Object.keys(connections))),
  );
}

/** Presets that cannot be up together, and are to be. */
function groupCollisions(
  group: string,
  members: readonly unknown[],
  connections: Table,
): PlacedProblem[] {
  const names = [...new Set(members)].filter((member): member is string =>
    typeof member === "string" && Object.hasOwn(connections, member)
  );
  return collidingPresets(names, connections).map(([one, other, endpoint]) => ({
    path: ["groups", group],
    what: `${settingName(["groups", group])} holds ${one} and ${other}, ` +
      `which both listen on ${shown(endpoint)}`,
    found: String(endpoint.port),
    wanted: "another local_port in one of them",
    hint: undefined,
  }));
}

/** Presets that cannot be up together, though no group wants them to be. */
export function presetAdvice(table: Table): PlacedProblem[] {
  const connections = isTable(table["connections"]) ? table["connections"] : {};
  const groups = isTable(table["groups"]) ? Object.values(table["groups"]) : [];
  const shareGroup = (one: string, other: string) =>
    groups.some((group) => Array.isArray(group) && group.includes(one) && group.includes(other));
  return collidingPresets(Object.keys(connections), connections)
    .filter(([one, other]) => !shareGroup(one, other))
    .map(([one, other, endpoint]) => ({
      path: endpoint.path,
      what: `The presets ${one} and ${other} both listen on ${shown(endpoint)}`,
      found: String(endpoint.port),
      wanted: "another local_port in one of them, if they are to be open at once",
      hint: undefined,
    }));
}

/** Each pair of presets that collides once, with the endpoint of the second. */
function collidingPresets(
  names: readonly string[],
  connections: Table,
): [one: string, other: string, endpoint: Endpoint][] {
  return names.flatMap((one, at) =>
    names.slice(at + 1).flatMap((other): [string, string, Endpoint][] => {
      const first = endpointsOf(one, connections[one]);
      const endpoint = endpointsOf(other, connections[other])
        .find((each) => first.some((before) => collide(before, each)));
      return endpoint === undefined ? [] : [[one, other, endpoint]];
    })
  );
}

function collide(one: Endpoint, other: Endpoint): boolean {
  if (one.port !== other.port) return false;
  const [a, b] = [one.address, other.address];
  // All of IPv6 takes the port of IPv4 as well.
  if (a === b || a === "::" || b === "::") return true;
  return (a === "0.0.0.0" && !b.includes(":")) || (b === "0.0.0.0" && !a.includes(":"));
}

function endpointsOf(name: string, preset: unknown): Endpoint[] {
  if (!isTable(preset)) return [];
  const { forwards } = preset;
  const places: [SettingPath, unknown][] = Array.isArray(forwards)
    ? forwards.map((forward, at) => [["connections", name, "forwards", at], forward])
    : [[["connections", name], preset]];
  return places.flatMap(([path, forward]) => {
    if (!isTable(forward)) return [];
    const { local_port: port, bind = "127.0.0.1" } = forward;
    if (typeof port !== "number" || port === 0 || typeof bind !== "string") return [];
    return [{ path: [...path, "local_port"], port, address: localAddress(bind) ?? bind }];
  });
}

function shown({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
