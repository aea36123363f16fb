/**
 * What `vscode setup` tells a person.
 *
 * @module
 */
import type { SshPlaces } from "../../vscode/mod.ts";
import { changeLines, hasChanged, type ToldChange } from "./changes.ts";
import type { Target } from "./targets.ts";

export interface SetUpHost {
  /** The best first. */
  aliases: readonly string[];
  target: Target;
  /** Undefined where ssh decides. */
  user: string | undefined;
}

export function setupLines(
  { hosts, told, places, isDryRun }: {
    hosts: readonly SetUpHost[];
    told: readonly ToldChange[];
    places: SshPlaces;
    isDryRun: boolean;
  },
): string[] {
  const lines = hosts.map(({ aliases, target, user }) => {
    const host = aliases[0]!;
    const where = target.name === undefined
      ? target.instanceId
      : `${target.instanceId} (${target.name})`;
    return `Host ${host}: ${user === undefined ? "" : `${user} on `}${where}`;
  });
  if (!hasChanged(told)) return [...lines, "Nothing to change: this is set up already"];
  const changes = changeLines(told, { isDryRun, places });
  if (isDryRun) return [...lines, "This would change:", ...changes];
  const host = hosts[0]!.aliases[0]!;
  return [
    ...lines,
    ...changes,
    `Try it:            ec2-connect vscode test ${host}`,
    `Open it in VS Code: code --remote ssh-remote+${host}`,
  ];
}
