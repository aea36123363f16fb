/**
 * From the words of a command line to what may stand at the cursor.
 *
 * @module
 */
import type { Io } from "../io.ts";
import { type Candidate, type Completion, isTypable, NOTHING } from "./candidate.ts";
import { kindsOfArgument, kindsOfOption, type ValueKind } from "./kinds.ts";
import { nameOf, type Reading, readPosition } from "./position.ts";
import { lookUp, type Surroundings } from "./sources.ts";
import { type CommandNode, loadTree, type OptionNode } from "./tree.ts";

/** A command line up to the cursor. */
export interface TypedLine {
  /** After the program's name, before the word at the cursor. */
  before: readonly string[];
  /** The word at the cursor, up to it. */
  current: string;
}

/** Candidates begin with what is typed, in any case of letters: some shells match loosely. */
export async function complete(line: TypedLine, io: Pick<Io, "os" | "env">): Promise<Completion> {
  const tree = await loadTree(line.before);
  const reading = readPosition(tree, line.before, line.current);
  const { position } = reading;
  switch (position.at) {
    case "nothing":
      return NOTHING;
    case "program":
      return { ...NOTHING, mode: "programs" };
    case "programArgument":
      return { ...NOTHING, mode: "files" };
    case "command":
      return words(position.group.commands.map(commandCandidate), line.current);
    case "option":
      return optionNames(position.options, line.current);
    case "value": {
      const kinds = kindsOfOption(position.option) ?? [];
      return await ofKinds(kinds, { ...position, reading, io });
    }
    case "argument": {
      const kinds = kindsOfArgument(position.command, position.name) ?? [];
      const found = await ofKinds(kinds, { typed: line.current, before: "", reading, io });
      // `terminate 8080 8080` is a slip.
      return {
        ...found,
        candidates: found.candidates.filter(({ value }) => !reading.arguments.includes(value)),
      };
    }
    default:
      return position satisfies never;
  }
}

function commandCandidate({ name, summary }: CommandNode): Candidate {
  return { value: name, about: summary };
}

function optionNames(options: readonly OptionNode[], typed: string): Completion {
  const candidates = options.map((option) => ({
    value: nameOf(option),
    about: option.description,
  }));
  return words(candidates, typed);
}

async function ofKinds(
  kinds: readonly ValueKind[],
  { typed, before, reading, io }: {
    typed: string;
    before: string;
    reading: Reading;
    io: Pick<Io, "os" | "env">;
  },
): Promise<Completion> {
  if (kinds.some(({ from }) => from === "files")) return { ...NOTHING, mode: "files", before };
  const surroundings = surroundingsOf(reading, io);
  const found = await Promise.all(kinds.map(async (kind): Promise<Candidate[]> => {
    switch (kind.from) {
      case "words":
        return kind.words.map((value) => ({ value, about: "" }));
      case "files":
      case "free":
        return [];
      default:
        // One source that fails must not take the others with it.
        return await lookUp(kind.from, typed, surroundings).catch(() => []);
    }
  }));
  const completion = words(found.flat(), typed);
  return {
    ...completion,
    before,
    candidates: completion.candidates.map(({ value, about }) => ({
      value: before + value,
      about,
    })),
  };
}

function surroundingsOf({ values }: Reading, { os, env }: Pick<Io, "os" | "env">): Surroundings {
  return {
    os,
    env,
    configPath: values.get("--config"),
    profile: values.get("--profile"),
    region: values.get("--region"),
    endpointUrl: values.get("--endpoint-url"),
  };
}

/** Those that fit, each once. */
function words(candidates: readonly Candidate[], typed: string): Completion {
  const lower = typed.toLowerCase();
  const fitting = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { value } = candidate;
    if (!value.toLowerCase().startsWith(lower) || !isTypable(value)) continue;
    if (!fitting.has(value)) fitting.set(value, candidate);
  }
  return { ...NOTHING, candidates: [...fitting.values()] };
}
