/**
 * `database`: the argument lists of the group to options. What they do is in `../database/run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { examples } from "../help.ts";
import { valueOption, withResultOptions } from "../options.ts";
import type { CommandDefinition, FoundCommand } from "../program.ts";
import { integerReader, readText, wordReader } from "../values.ts";

/** What a command of the group was asked. */
export type DatabaseOptions =
  & { output: string | undefined }
  & (
    | { command: "init" | "info" }
    | { command: "sessions"; limit: number; instance: string | undefined }
    | { command: "stats"; session: string | undefined }
    | { command: "cleanup"; days: number; isDryRun: boolean }
  );

export interface ExportOptions {
  output: string;
  format: "json" | "csv" | "yaml";
  mayReplace: boolean;
}

const DEFAULT_LIMIT = 20;
/** A century. */
const MOST_DAYS = 36_525;

const run: FoundCommand["run"] = async (options, context) => {
  const { runDatabase } = await import("../database/run.ts");
  return await runDatabase(options as DatabaseOptions, context);
};

export const databaseCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    const group = program.command("database")
      .description(
        "Shows and looks after the history: sessions, their changes of state with reasons, and " +
          "samples of round trip and traffic. It is one file, created when it is missing; " +
          "EC2_CONNECT_DATABASE or database.path in the configuration names another.",
      )
      .usage("COMMAND [options]")
      .addHelpText(
        "after",
        examples([
          ["The last sessions", "ec2-connect database sessions"],
          ["Forget what is older than a month", "ec2-connect database cleanup --days 30"],
        ]),
      );

    for (
      const [name, about] of [
        ["init", "create the database, or check that it can be used"],
        ["info", "show its path, size, version, rows, and whether it is sound"],
      ] as const
    ) {
      withResultOptions(
        group.command(name).summary(about).description(`${capitalized(about)}.`)
          .usage("[options]"),
      )
        .addHelpText("after", examples([[capitalized(about), `ec2-connect database ${name}`]]))
        .action(({ format, output }) =>
          found({ format, options: (): DatabaseOptions => ({ command: name, output }), run })
        );
    }

    withResultOptions(
      group.command("sessions")
        .summary("list sessions, the newest first")
        .description("Lists sessions of the history, the newest first.")
        .usage("[options]")
        .addOption(
          valueOption(
            "--limit <N>",
            `at most this many (default: ${DEFAULT_LIMIT})`,
            integerReader({ min: 1, max: 1_000_000 }),
          ),
        )
        .addOption(
          valueOption("--instance <INSTANCE>", "only of this instance id or Name tag", readText),
        ),
    )
      .addHelpText(
        "after",
        examples([
          ["The last sessions", "ec2-connect database sessions"],
          [
            "The last hundred to one instance, for a script",
            "ec2-connect database sessions --instance web --limit 100 --format json",
          ],
        ]),
      )
      .action(({ format, output, limit, instance }) =>
        found({
          format,
          options: (): DatabaseOptions => ({
            command: "sessions",
            limit: limit ?? DEFAULT_LIMIT,
            instance,
            output,
          }),
          run,
        })
      );

    withResultOptions(
      group.command("stats")
        .summary("show figures of all sessions, or of one")
        .description(
          "Shows figures of the whole history, or of one session with its changes of state.\n\n" +
            "SESSION is a session id, the beginning of one, or a local port.",
        )
        .usage("[SESSION] [options]")
        .argument("[SESSION]", "the session"),
    )
      .addHelpText(
        "after",
        examples([
          ["Of everything", "ec2-connect database stats"],
          ["Of one session", "ec2-connect database stats me-0f3c2a4b5d6e7f801"],
        ]),
      )
      .action((session, { format, output }) =>
        found({
          format,
          options: (): DatabaseOptions => ({
            command: "stats",
            session: session === undefined ? undefined : readText(session, "SESSION"),
            output,
          }),
          run,
        })
      );

    withResultOptions(
      group.command("cleanup")
        .summary("remove sessions that ended long ago")
        .description(
          "Removes sessions that ended more than N days ago, with all that belongs to them, and gives " +
            "the room back to the disk. Sessions that are open stay.",
        )
        .usage("--days N [options]")
        .addOption(
          valueOption(
            "--days <N>",
            "age from which on; 0 is everything that has ended",
            integerReader({ min: 0, max: MOST_DAYS }),
          ).makeOptionMandatory(),
        )
        .addOption(new Option("--dry-run", "only tell what would be removed")),
    )
      .addHelpText(
        "after",
        examples([
          ["What would go", "ec2-connect database cleanup --days 30 --dry-run"],
          ["Forget what is older than a month", "ec2-connect database cleanup --days 30"],
        ]),
      )
      .action(({ format, output, days, dryRun }) =>
        found({
          format,
          options: (): DatabaseOptions => ({
            command: "cleanup",
            days,
            isDryRun: dryRun ?? false,
            output,
          }),
          run,
        })
      );

    group.command("export")
      .summary("write the whole history to a file")
      .description(
        "Writes the whole history to a file, whole or not at all, readable by its owner alone. In CSV " +
          "the column `record` says what a row is: session, state_change or sample.",
      )
      .usage("--output FILE [options]")
      .optionsGroup("Output:")
      .addOption(
        valueOption("--output <FILE>", "the file to write", readText).makeOptionMandatory(),
      )
      .addOption(
        valueOption(
          "--format <FORMAT>",
          "json, csv or yaml (default: json)",
          wordReader(["json", "csv", "yaml"]),
        ),
      )
      .addOption(new Option("--force", "replace the file when it exists"))
      .addHelpText(
        "after",
        examples([
          ["As JSON", "ec2-connect database export --output history.json"],
          ["For a spreadsheet", "ec2-connect database export --output history.csv --format csv"],
        ]),
      )
      .action(({ output, format, force }) =>
        found({
          format: format === "csv" ? undefined : format,
          options: (): ExportOptions => ({
            output,
            format: format ?? "json",
            mayReplace: force ?? false,
          }),
          run: async (options, context) => {
            const { runExport } = await import("../database/export_run.ts");
            return await runExport(options as ExportOptions, context);
          },
        })
      );
  },
};

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
