/**
 * `completion`: prints the script that makes a shell complete command lines of ours. What the scripts ask
 * is in `../completion/`.
 *
 * @module
 */

import { type Shell, SHELLS } from "../completion/install.ts";
import { examples } from "../help.ts";
import type { CommandDefinition } from "../program.ts";
import { wordReader } from "../values.ts";

export const completionCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    program.command("completion")
      .description(
        "Prints the script with which a shell completes commands, options, instances, sessions, presets " +
          "and the rest when you press Tab. Instances are those of the last list that was fetched; " +
          "completion asks nobody over the network.\n\n" +
          "The examples install it for good. Open a new shell afterwards.",
      )
      .usage(SHELLS.join("|"))
      .argument(`<${SHELLS.join("|")}>`, "the shell")
      .addHelpText(
        "after",
        examples([
          ["bash", "ec2-connect completion bash >> ~/.bashrc"],
          [
            "zsh, where compinit is called in ~/.zshrc: into a folder of fpath",
            'ec2-connect completion zsh > "${fpath[1]}/_ec2-connect"',
          ],
          [
            "fish",
            "ec2-connect completion fish > ~/.config/fish/completions/ec2-connect.fish",
          ],
          ["PowerShell", "ec2-connect completion powershell >> $PROFILE"],
          ["For this shell alone (bash, zsh)", 'eval "$(ec2-connect completion bash)"'],
        ]),
      )
      .action((shell) => {
        found({
          format: undefined,
          options: (): Shell => wordReader(SHELLS)(shell, "the shell"),
          run: async (shell, { reporter }) => {
            const { scriptOf } = await import("../completion/install.ts");
            reporter.result((await scriptOf(shell as Shell)).trimEnd());
            return 0;
          },
        });
      });
  },
};
