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

/**
 * The commands that an argument list named, from the program down: `database`, then its `init`.
 *
 * Commander leaves in `args` what each has not read itself.
 */
export function namedCommands(program: CommandTree): [CommandTree, ...CommandTree[]] {
  const chain: [CommandTree, ...CommandTree[]] = [program];
  for (;;) {
    const command = chain.at(-1)!;
    const next = command.commands.find((each) => each.name() === command.args[0]);
    if (next === undefined) return chain;
    chain.push(next);
  }
}

/** The name of a command as it is typed: without the program's own for the program itself. */
export function typedName(chain: readonly CommandTree[]): string {
  return chain.slice(1).map((command) => command.name()).join(" ");
}

/** A word that stands where the name of a command belongs and is none. */
export function mistypedCommand(chain: readonly CommandTree[]): AppError | undefined {
  const { commands, args: [typed] } = chain.at(-1)!;
  if (commands.length === 0 || typed === undefined || typed.startsWith("-")) return undefined;
  return unknownCommand(typed, chain);
}

/** A command that does not exist. @param chain The group that should have it, and those above. */
export function unknownCommand(typed: string, chain: readonly CommandTree[]): AppError {
  const group = chain.at(-1)!;
  const path = [...chain.slice(1).map((command) => command.name()), ""].join(" ");
  const nearest = nearestName(typed, group.commands.map((command) => command.name()));
  return new AppError("usage", `Unknown command "${path}${typed}"`, {
    hint: nearest === undefined
      ? `Run ec2-connect ${path}--help for the commands`
      : `Did you mean ${path}${nearest}?`,
  });
}

/** Commander's error as ours. */
export function explainUsage(error: CommanderError, program: CommandTree): AppError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const chain = namedCommands(program);
  const help = `Run ${["ec2-connect", typedName(chain), "--help"].filter(Boolean).join(" ")}`;
  switch (error.code) {
    case "commander.unknownCommand":
      return unknownCommand(quoted, chain);
    case "commander.help":
      return new AppError("usage", "Cannot tell what to do: found options and no command", {
        hint: help,
      });
    case "commander.unknownOption":
      return unknownOption(quoted, { chain, help });
    case "commander.optionMissingArgument":
      return new AppError("usage", `Cannot read ${longName(quoted)}: found no value`, {
        hint: `Write ${quoted.split(", ").at(-1)!}`,
      });
    case "commander.missingMandatoryOptionValue":
      return new AppError("usage", `Cannot do without ${longName(quoted)}: it is missing`, {
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
  { chain, help }: { chain: readonly CommandTree[]; help: string },
): AppError {
  const [name] = typed.split("=", 1);
  const options = chain.flatMap((command) => command.options);
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
