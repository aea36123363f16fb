/**
 * What the shells' scripts call: `__complete SHELL …` answers on standard output.
 *
 * Whoever presses Tab is in the middle of a line: nothing is ever said of a failure, no call waits for
 * the network, and a disk that does not answer is not waited for.
 *
 * @module
 */
import type { Io } from "../io.ts";
import { answerForBash, answerWithDescriptions } from "./answers.ts";
import { readBashLine } from "./bash_line.ts";
import { NOTHING } from "./candidate.ts";
import { complete } from "./complete.ts";

/** A person has given up by then. */
const PATIENCE_MS = 1_000;
/** Characters that are written at a time: the queue of the output takes no whole list of thousands. */
const PIECE_CHARACTERS = 100_000;

/**
 * Answers a script.
 *
 * `bash LINE REPLACED COMP_TYPE COLUMNS`; `zsh|fish WORD...` with the word at the cursor last; `powershell
 * BASE64` of the same words, each ended by a NUL, in UTF-8: older ones lose quotes and empty words.
 */
export async function runComplete(
  args: readonly string[],
  io: Pick<Io, "os" | "env" | "output">,
): Promise<void> {
  const tooLate = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => tooLate.resolve(undefined), PATIENCE_MS);
  const answer = await Promise.race([answerTo(args, io).catch(() => undefined), tooLate.promise]);
  clearTimeout(timer);
  for (let at = 0; at < (answer?.length ?? 0); at += PIECE_CHARACTERS) {
    io.output.write("stdout", answer!.slice(at, at + PIECE_CHARACTERS));
    await io.output.flush(PATIENCE_MS);
  }
}

async function answerTo(
  [shell, ...rest]: readonly string[],
  io: Pick<Io, "os" | "env">,
): Promise<string | undefined> {
  switch (shell) {
    case "bash": {
      const [line = "", replaced = "", type = "", columns = ""] = rest;
      const { before, current, isRedirection } = readBashLine(line);
      const completion = isRedirection
        ? { ...NOTHING, mode: "files" as const }
        : await complete({ before: before.slice(1), current: current.value }, io);
      return answerForBash(completion, { line, replaced, type, columns: Number(columns) });
    }
    case "zsh":
    case "fish":
      return await withDescriptions(rest, io);
    case "powershell":
      return await withDescriptions(wordsOfBase64(rest[0] ?? ""), io);
    default:
      return undefined;
  }
}

async function withDescriptions(
  words: readonly string[],
  io: Pick<Io, "os" | "env">,
): Promise<string> {
  const line = { before: words.slice(0, -1), current: words.at(-1) ?? "" };
  return answerWithDescriptions(await complete(line, io));
}

function wordsOfBase64(text: string): string[] {
  return new TextDecoder().decode(Uint8Array.fromBase64(text)).split("\0").slice(0, -1);
}
