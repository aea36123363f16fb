/**
 * What commander refuses, in our words and with the nearest name.
 *
 * Its errors carry a code and an English text; the names are quoted in the text and found nowhere
 * else. A test holds the texts of the version in use.
 *
 * @module
 */

import type { CommanderError } from "@commander-js/extra-typings";
import { nearestName } from "../config/mod.ts";
import { AppError } from "../errors/mod.ts";

/** The parts of a commander command that are read here. */
export interface CommandTree {
  name(): string;
  readonly args: readonly string[];
  readonly commands: readonly CommandTree[];
  readonly options: readonly { long?: string | undefined; short?: string | undefined }[];
}

/** A command that does not exist. */
export function unknownCommand(typed: string, names: readonly string[]): AppError {
  const nearest = nearestName(typed, names);
  return new AppError("usage", `Unknown command "${typed}"`, {
    hint: nearest === undefined
      ? "Run ec2-connect --help for the commands"
      : `Did you mean ${nearest}?`,
  });
}

/** Commander's error as ours. */
export function explainUsage(error: CommanderError, program: CommandTree): AppError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const command = program.commands.find((each) => each.name() === program.args[0]);
  const help = `Run ec2-connect ${command === undefined ? "" : `${command.name()} `}--help`;
  switch (error.code) {
    case "commander.unknownCommand":
      return unknownCommand(quoted, program.commands.map((each) => each.name()));
    case "commander.help":
      return new AppError("usage", "Cannot tell what to do: found options and no command", {
        hint: help,
      });
    case "commander.unknownOption":
      return unknownOption(quoted, { program, command, help });
    case "commander.optionMissingArgument":
      return new AppError("usage", `Cannot read ${longName(quoted)}: found no value`, {
        hint: `Write ${quoted.split(", ").at(-1)!}`,
      });
    case "commander.excessArguments": {
      const extra = error.message.split(": ").at(-1)!.replace(/\.$/, "").split(", ").at(-1)!;
      return new AppError("usage", `Cannot use argument "${extra}": found more than wanted`, {
        hint: help,
      });
    }
    default: {
      const message = error.message.replace(/^error: /, "").replace(/\n.*$/s, "");
      return new AppError("usage", `Cannot read the command line: ${message}`, { hint: help });
    }
  }
}

function unknownOption(
  typed: string,
  { program, command, help }: {
    program: CommandTree;
    command: CommandTree | undefined;
    help: string;
  },
): AppError {
  const [name] = typed.split("=", 1);
  const options = [...program.options, ...(command?.options ?? [])];
  const names = [...options.flatMap(({ long }) => long === undefined ? [] : [long]), "--help"];
  if (names.includes(name!)) {
    return new AppError("usage", `Cannot read ${name}: found a value`, {
      why: "This option takes none",
    });
  }
  const nearest = name!.startsWith("--") ? nearestName(name!, names) : undefined;
  return new AppError("usage", `Unknown option "${name}"`, {
    hint: nearest === undefined ? help : `Did you mean ${nearest}?`,
  });
}

function longName(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags.split(" ")[0]!;
}
