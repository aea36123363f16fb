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
  /** Undefined: instances of every scenario. */
  scenario: string | undefined;
  /** Whether the agents send at the real agent's pace. */
  agentPacing: boolean;
}

export const sandboxCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    program.command("sandbox")
      .summary("serve an emulated AWS on this machine")
      .description(
        "Serves an emulated AWS on loopback: EC2, STS, SSM, the message gateway and an agent for " +
          "each of its instances, with services to tunnel to. Any AWS client can be pointed at it. " +
          "It serves until Ctrl-C.",
      )
      .usage("[options]")
      .addOption(
        valueOption("--port <N>", "port to serve on (default: any free one)", readLocalPort),
      )
      .addOption(
        valueOption("--scenario <NAME>", "only instances of this scenario", readText),
      )
      .addOption(new Option("--agent-pacing", "agents pause as the real one does (default)"))
      .addOption(new Option("--no-agent-pacing", "agents send as fast as they can"))
      .addOption(formatOption("text or json"))
      .addHelpText(
        "after",
        examples([
          ["Serve, and print what to export", "ec2-connect sandbox"],
          ["On a fixed port", "ec2-connect sandbox --port 4566"],
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
          }),
          run: async (options, context) => {
            const { runSandbox } = await import("../sandbox/run.ts");
            const { startSandbox } = await import("../../sandbox/mod.ts");
            return await runSandbox(options as SandboxOptions, context, startSandbox);
          },
        });
      });
  },
};
