/**
 * What `vscode setup` tells a person.
 *
 * @module
 */
import type { Editor, SshPlaces } from "../../vscode/mod.ts";
import { changeLines, hasChanged, type ToldChange } from "./changes.ts";
import type { Target } from "./targets.ts";

export interface SetUpHost {
  /** The best first. */
  aliases: readonly string[];
  target: Target;
  /** Undefined where ssh decides. */
  user: string | undefined;
  /** At each login, through EC2 Instance Connect. */
  isKeyPushed: boolean;
}

export function setupLines(
  { hosts, told, places, editors, isDryRun }: {
    hosts: readonly SetUpHost[];
    told: readonly ToldChange[];
    places: SshPlaces;
    editors: readonly Editor[];
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
    `Try it:   ec2-connect vscode test ${host}`,
    ...editors.slice(0, 1).flatMap(({ id, name, remoteSsh }) => [
      `Open it:  ${id} --remote ssh-remote+${host}`,
      ...(remoteSsh === undefined ? [`          (first install Remote-SSH in ${name})`] : []),
    ]),
  ];
}
