/**
 * `sandbox`: the argument list to options. What they do is in `../sandbox/run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { examples } from "../help.ts";
import { formatOption, valueOption } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readLocalPort, readText } from "../values.ts";

/** What `sandbox` was asked. */
export interface SandboxOptions {
  /** Port of the endpoints; 0 for any free one. */
  port: number;
  /** Undefined: instances of every scenario that leaves the account's own settings alone. */
  scenario: string | undefined;
  /** Whether the agents send at the real agent's pace. */
  agentPacing: boolean;
  /** Whether sessions may run commands on this machine. */
  shells: boolean;
  /** Show the scenarios instead of serving. */
  list: boolean;
}

export const sandboxCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    program.command("sandbox")
      .description(
        "Serves an emulated AWS on loopback: EC2, IAM, KMS, SSM, STS, the message gateway and an " +
          "agent for each of its instances, healthy or in any kind of trouble, with services to " +
          "tunnel to. Any AWS client can be pointed at it. It serves until Ctrl-C.\n\n" +
          "Shells and commands of its instances really run: on this machine, as you. Whoever has " +
          "the secret key that it prints can run them; other machines cannot reach it.",
      )
      .usage("[options]")
      .addOption(
        valueOption("--port <N>", "port to serve on (default: any free one)", readLocalPort),
      )
      .addOption(
        valueOption("--scenario <NAME>", "only instances of this scenario", readText),
      )
      .addOption(new Option("--list", "show the scenarios, and serve nothing"))
      .addOption(new Option("--agent-pacing", "agents pause as the real one does (default)"))
      .addOption(new Option("--no-agent-pacing", "agents send as fast as they can"))
      .addOption(new Option("--no-shells", "run no commands on this machine for sessions"))
      .optionsGroup("Output:")
      .addOption(formatOption("text or json"))
      .addHelpText(
        "after",
        examples([
          ["Serve, and print what to export", "ec2-connect sandbox"],
          ["On a fixed port", "ec2-connect sandbox --port 4566"],
          ["What can be wrong with its instances", "ec2-connect sandbox --list"],
          ["One of these alone", "ec2-connect sandbox --scenario egress-closed"],
          ["For scripts: one JSON object first", "ec2-connect sandbox --format json"],
        ]),
      )
      .action((options) => {
        found({
          format: options.format,
          options: (): SandboxOptions => ({
            port: options.port ?? 0,
            scenario: options.scenario,
            agentPacing: options.agentPacing ?? true,
            shells: options.shells,
            list: options.list ?? false,
          }),
          run: async (options, context) => {
            const asked = options as SandboxOptions;
            const { listScenarios, startSandbox } = await import("../../sandbox/mod.ts");
            if (asked.list) {
              const { showScenarios } = await import("../sandbox/list.ts");
              return showScenarios(listScenarios(), context.reporter);
            }
            const { runSandbox } = await import("../sandbox/run.ts");
            return await runSandbox(asked, context, startSandbox);
          },
        });
      });
  },
};
