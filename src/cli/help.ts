/**
 * The shape of help texts.
 *
 * @module
 */

/** The examples of a help text: what each is for, and its command line. */
export function examples(list: readonly (readonly [about: string, command: string])[]): string {
  const paragraphs = list.map(([about, command]) => `  # ${about}\n  ${command}`);
  return `\nExamples:\n${paragraphs.join("\n\n")}`;
}

/** Said at the end of the program's own help. */
export const LEARN_MORE =
  "\n\nRun ec2-connect COMMAND --help for the options and examples of a command.";

/** An option as the help shows it: values in capitals stand for themselves, without brackets. */
export function optionTerm(option: { flags: string }): string {
  return option.flags.replace(/<(.*)>$/, "$1");
}

/** A command as the help of its group shows it: its name. What it takes is in its own help. */
export function subcommandTerm(command: { name(): string }): string {
  return command.name();
}
