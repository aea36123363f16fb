/**
 * The shells that there is a script for, and how each is told of it.
 *
 * @module
 */

/** In the order of the help. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

export type Shell = (typeof SHELLS)[number];

/** The script of a shell. */
export async function scriptOf(shell: Shell): Promise<string> {
  switch (shell) {
    case "bash":
      return (await import("./scripts/bash.ts")).BASH_SCRIPT;
    case "zsh":
      return (await import("./scripts/zsh.ts")).ZSH_SCRIPT;
    case "fish":
      return (await import("./scripts/fish.ts")).FISH_SCRIPT;
    case "powershell":
      return (await import("./scripts/powershell.ts")).POWERSHELL_SCRIPT;
    default:
      return shell satisfies never;
  }
}
