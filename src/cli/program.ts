/**
 * The command tree, and an argument list parsed against it.
 *
 * @module
 */

import { CommanderError } from "@commander-js/extra-typings";
import { AppError } from "../errors/mod.ts";
import {
  explainUsage,
  mistypedCommand,
  namedCommands,
  typedName,
  unknownCommand,
} from "./commander_errors.ts";
import { type CommandEntry, COMMANDS } from "./command_table.ts";
import type { Context } from "./context.ts";
import type { OutputFormat } from "./errors.ts";
import { examples, LEARN_MORE, optionTerm, subcommandTerm } from "./help.ts";
import type { Invocation } from "./invocation.ts";
import { programWithGlobals, readGlobals } from "./options.ts";
import { VERSION } from "./version.ts";

export type Program = ReturnType<typeof programWithGlobals>;

/** What a command's action found in its part of the argument list. */
export interface FoundCommand {
  format: OutputFormat | undefined;
  /** The options, given what came after `--`. May throw `AppError` `usage`. */
  options(rest: string[] | undefined): unknown;
  run(options: unknown, context: Context): Promise<number>;
}

/** One command or group of commands: its place in the tree and its way to run. */
export interface CommandDefinition {
  /** Whether `-- COMMAND...` may follow. */
  takesCommandLine: boolean;
  define(program: Program, found: (result: FoundCommand) => void): void;
}

/** Widest help text; longer lines read badly. */
const HELP_MAX_COLUMNS = 100;

/**
 * Parses a whole argument list.
 *
 * @param facts.commands In place of the real ones, for tests.
 * @throws {AppError} `usage` naming what was found and, for a slip, the nearest name there is.
 */
export async function parseCommandLine(
  args: readonly string[],
  facts: { columns: number; commands?: readonly CommandEntry[] },
): Promise<Invocation> {
  // Split here: what follows `--` belongs to another program, and no option of ours may be read there.
  const end = args.indexOf("--");
  const own = end < 0 ? [...args] : args.slice(0, end);
  const rest = end < 0 ? undefined : args.slice(end + 1);
  let shown = "";
  let invocation: Invocation | undefined;
  const program = programWithGlobals();
  program
    .usage("COMMAND [options]")
    .version(`ec2-connect ${VERSION}`, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shown += text,
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(facts.columns, HELP_MAX_COLUMNS),
      getErrHelpWidth: () => Math.min(facts.columns, HELP_MAX_COLUMNS),
      getOutHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true, optionTerm, subcommandTerm })
    .addHelpText(
      "after",
      examples([
        [
          "Port 80 of the instance named web, at http://127.0.0.1:8080/",
          "ec2-connect connect web --local-port 8080 --remote-port 80",
        ],
        ["Try it without an AWS account", "ec2-connect sandbox"],
      ]) + LEARN_MORE,
    );
  for (const entry of facts.commands ?? COMMANDS) {
    program.commandsGroup(entry.group);
    // A value of an option may be a command's name as well: then it is loaded in vain, no more.
    if (!own.includes(entry.name)) {
      program.command(entry.name).summary(entry.summary);
      continue;
    }
    const definition = await entry.load();
    definition.define(program, (found) => {
      const command = typedName(namedCommands(program));
      if (rest !== undefined && !definition.takesCommandLine) throw strayCommandLine(command, rest);
      const options = found.options(rest);
      invocation = {
        command,
        globals: readGlobals(program.opts()),
        format: found.format ?? "text",
        options,
        run: (context) => found.run(options, context),
      };
    });
    program.commands.find((command) => command.name() === entry.name)?.summary(entry.summary);
  }
  const names = program.commands.map((command) => command.name());
  const isHelpCommand = own[0] === "help";
  if (isHelpCommand && own[1] !== undefined && !names.includes(own[1])) {
    throw unknownCommand(own[1], [program]);
  }
  try {
    // `help connect` is `connect --help`, and so is nothing at all for the program itself.
    const line = isHelpCommand ? [...own.slice(1), "--help"] : own.length === 0 ? ["--help"] : own;
    await program.parseAsync(line, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const chain = namedCommands(program);
    if (error.code === "commander.help" && chain.length > 1) {
      // A group alone is a question for its commands.
      (chain.at(-1) as Program).outputHelp();
      return { show: shown };
    }
    if (error.exitCode !== 0) throw explainUsage(error, program);
    const mistyped = error.code === "commander.version" ? undefined : mistypedCommand(chain);
    if (mistyped !== undefined) throw mistyped;
    return { show: shown };
  }
  if (invocation === undefined) {
    throw new AppError("usage", "Cannot tell what to do: found options and no command", {
      hint: "Run ec2-connect --help for the commands",
    });
  }
  return invocation;
}

function strayCommandLine(command: string, rest: string[]): AppError {
  return new AppError("usage", `Cannot run ${command}: found "-- ${rest.join(" ")}"`, {
    why: "This command takes no command line after --",
  });
}
