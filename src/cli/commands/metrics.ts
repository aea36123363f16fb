/**
 * `metrics`: the argument list to options. What they do is in `../watching/metrics_run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import { examples } from "../help.ts";
import { outputOption, valueOption } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readDuration, readText, wordReader } from "../values.ts";

/** What `metrics` was asked. */
export interface MetricsOptions {
  /** As it was written; undefined: all. */
  session: string | undefined;
  watch: boolean;
  /** How far back, in ms; undefined: since each session began. */
  sinceMs: number | undefined;
  isPrometheus: boolean;
  output: string | undefined;
}

export const metricsCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    program.command("metrics")
      .description(
        "Shows figures of sessions: how long opening took, round trips from acknowledgements (p50, " +
          "p95, p99), throughput, retransmissions, reconnects and availability, with suggestions " +
          "where one is poor.\n\n" +
          "SESSION is a session id, the beginning of one, or a local port; it may have ended. " +
          "Without one, all that are open are shown, and with --since those that lived in that time.",
      )
      .usage("[SESSION] [options]")
      .argument("[SESSION]", "the session")
      .addOption(new Option("--watch", "again every two seconds, until Ctrl-C"))
      .addOption(
        valueOption("--since <TIME>", "only the last 90s, 15m, 1h or 7d", readDuration),
      )
      .optionsGroup("Output:")
      .addOption(
        valueOption(
          "--format <FORMAT>",
          "text, json, yaml or prometheus (default: text)",
          wordReader(["text", "json", "yaml", "prometheus"]),
        ),
      )
      .addOption(outputOption())
      .addHelpText(
        "after",
        examples([
          ["All open sessions", "ec2-connect metrics"],
          ["The last hour of the tunnel on port 8080", "ec2-connect metrics 8080 --since 1h"],
          ["Watch them", "ec2-connect metrics --watch"],
          [
            "For the text file collector of Prometheus' node exporter",
            "ec2-connect metrics --format prometheus --output ec2_connect.prom",
          ],
        ]),
      )
      .action((session, { watch = false, since, format, output }) => {
        const isPrometheus = format === "prometheus";
        found({
          format: format === "prometheus" ? undefined : format,
          options: (): MetricsOptions => {
            if (watch && output !== undefined) throw cannotCombine("--output");
            if (watch && isPrometheus) throw cannotCombine("--format prometheus");
            return {
              session: session === undefined ? undefined : readText(session, "SESSION"),
              watch,
              sinceMs: since,
              isPrometheus,
              output,
            };
          },
          run: async (options, context) => {
            const { runMetrics } = await import("../watching/metrics_run.ts");
            return await runMetrics(options as MetricsOptions, context);
          },
        });
      });
  },
};

function cannotCombine(option: string): AppError {
  return new AppError("usage", `Cannot combine --watch with ${option}: there is no last result`, {
    hint: "Leave out --watch and run the command as often as you like",
  });
}
