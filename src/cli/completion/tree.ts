/**
 * The command tree as completion sees it: commander's own objects, loaded no further than the words of
 * the command line reach.
 *
 * @module
 */
import { type CommandEntry, COMMANDS } from "../command_table.ts";
import { programWithGlobals } from "../options.ts";
import type { Program } from "../program.ts";

/** An option, as far as completion needs it. */
export interface OptionNode {
  readonly long?: string | undefined;
  readonly short?: string | undefined;
  readonly flags: string;
  readonly description: string;
  /** It takes a value. */
  readonly required: boolean;
  attributeName(): string;
}

/** A command or a group of commands, as far as completion needs it. */
export interface CommandNode {
  readonly name: string;
  readonly summary: string;
  /** Those of the groups above it are left out. */
  readonly options: readonly OptionNode[];
  /** As `INSTANCE`, without brackets and dots. */
  readonly arguments: readonly { name: string; isVariadic: boolean }[];
  readonly commands: readonly CommandNode[];
  readonly takesCommandLine: boolean;
}

/** Every word that a command line may name a command with decides what is loaded. */
export async function loadTree(
  words: readonly string[],
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<CommandNode> {
  const program = programWithGlobals()
    .version("", "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false);
  const withCommandLine = new Set<string>();
  for (const entry of commands) {
    if (!words.includes(entry.name)) {
      program.command(entry.name).summary(entry.summary);
      continue;
    }
    const definition = await entry.load();
    definition.define(program, () => {});
    program.commands.find((command) => command.name() === entry.name)?.summary(entry.summary);
    if (definition.takesCommandLine) withCommandLine.add(entry.name);
  }
  return toNode(program, withCommandLine);
}

function toNode(command: Program, withCommandLine: ReadonlySet<string>): CommandNode {
  const help = command.createHelp();
  const visible = help.visibleCommands(command as never) as unknown as Program[];
  return {
    name: command.name(),
    // The first sentence of a description where a command has no summary of its own.
    summary: command.summary() || command.description().split(/[.:\n]/)[0]!,
    options: help.visibleOptions(command as never) as unknown as OptionNode[],
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      isVariadic: argument.variadic,
    })),
    // Commander's own `help` of each group says what --help says.
    commands: visible.filter((each) => each.name() !== "help").map((each) =>
      toNode(each, withCommandLine)
    ),
    takesCommandLine: withCommandLine.has(command.name()),
  };
}
