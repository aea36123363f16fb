/**
 * What stands where the cursor is: the name of a command, an option, the value of one, an argument.
 *
 * Pure: words in, a position out.
 *
 * @module
 */
import type { CommandNode, OptionNode } from "./tree.ts";

export type Position =
  /** The name of a command of `group`. */
  | { at: "command"; group: CommandNode }
  /** The name of an option. */
  | { at: "option"; options: readonly OptionNode[] }
  /** The value of an option; `typed` is the part of the word that belongs to it. */
  | { at: "value"; option: OptionNode; typed: string; before: string }
  /** An argument of `command`; its name as `INSTANCE`. */
  | { at: "argument"; command: CommandNode; name: string }
  /** A program to run, or a word of its command line. */
  | { at: "program" | "programArgument" }
  | { at: "nothing" };

/** Where the cursor is, and what the words before it say. */
export interface Reading {
  position: Position;
  /** From the program down, without the program. */
  path: readonly CommandNode[];
  /** Values of the options that were given, by name: `--profile`. */
  values: ReadonlyMap<string, string>;
  /** Arguments before the cursor. */
  arguments: readonly string[];
}

/**
 * @param before Words between the program's name and the one at the cursor.
 * @param current The part of the word at the cursor that is before the cursor.
 */
export function readPosition(
  root: CommandNode,
  before: readonly string[],
  current: string,
): Reading {
  const path: CommandNode[] = [];
  const args: string[] = [];
  const given = new Set<string>();
  const values = new Map<string, string>();
  const command = () => path.at(-1) ?? root;
  const options = () => [root, ...path].flatMap((node) => node.options);
  const reading = (position: Position): Reading => ({ position, path, values, arguments: args });
  for (let index = 0; index < before.length; index++) {
    const word = before[index]!;
    if (word === "--") return reading(afterDoubleDash(command(), before.length - index));
    if (word.startsWith("-") && word !== "-") {
      const { option, value } = readOption(word, options());
      if (option === undefined) continue;
      given.add(option.attributeName());
      if (!option.required) continue;
      if (value !== undefined) values.set(nameOf(option), value);
      else if (++index === before.length) {
        return reading({ at: "value", option, typed: current, before: "" });
      } else values.set(nameOf(option), before[index]!);
      continue;
    }
    const next = command().commands.find((each) => each.name === word);
    if (next !== undefined) path.push(next);
    // `help connect`: the names of commands follow it.
    else if (!(path.length === 0 && args.length === 0 && word === "help")) args.push(word);
  }
  if (current.startsWith("-")) {
    const equals = current.indexOf("=");
    const { option, value } = readOption(current, options());
    if (equals > 0 && current.startsWith("--")) {
      return reading(
        option?.required && value !== undefined
          ? { at: "value", option, typed: value, before: current.slice(0, equals + 1) }
          : { at: "nothing" },
      );
    }
    const open = options().filter((each) => !given.has(each.attributeName()) || isRepeatable(each));
    return reading({ at: "option", options: open });
  }
  if (command().commands.length > 0) {
    return reading(args.length === 0 ? { at: "command", group: command() } : { at: "nothing" });
  }
  const wanted = command().arguments;
  const last = wanted.at(-1);
  const argument = wanted[args.length] ?? (last?.isVariadic ? last : undefined);
  if (argument === undefined) return reading({ at: "nothing" });
  return reading({ at: "argument", command: command(), name: argument.name });
}

/** The option's name as it is typed: the long one where it has one. */
export function nameOf(option: OptionNode): string {
  return option.long ?? option.short!;
}

/** `--name`, `--name=value`, `-n`, `-nvalue`, `-abn`: the last option of a word, and its value. */
function readOption(
  word: string,
  options: readonly OptionNode[],
): { option?: OptionNode; value?: string } {
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const option = options.find(({ long }) => long === name);
    if (option === undefined) return {};
    return equals < 0 ? { option } : { option, value: word.slice(equals + 1) };
  }
  let found: OptionNode | undefined;
  for (let at = 1; at < word.length; at++) {
    const option = options.find(({ short }) => short === `-${word[at]}`);
    if (option === undefined) return {};
    found = option;
    if (!option.required) continue;
    return at + 1 === word.length ? { option } : { option, value: word.slice(at + 1) };
  }
  return found === undefined ? {} : { option: found };
}

function afterDoubleDash(command: CommandNode, words: number): Position {
  if (!command.takesCommandLine) return { at: "nothing" };
  // What exec runs is on the instance, and nothing of it is known here.
  if (command.name === "exec") return { at: "nothing" };
  return { at: words === 1 ? "program" : "programArgument" };
}

/** Told by its help: commander does not know of it. */
function isRepeatable(option: OptionNode): boolean {
  return option.long === "--verbose" || option.description.includes("may be repeated");
}
