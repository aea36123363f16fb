/**
 * The lines of an ssh configuration that say who is configured: Host, Match, Include and User.
 *
 * Only these lines are given to the parser, one by one: the others may hold what it does not know and ssh
 * does, and none of them continues on the next line (ssh_config(5)).
 *
 * @module
 */
import SSHConfig from "ssh-config";
import { AppError } from "../errors/mod.ts";
import { type ByteText, decoded } from "./byte_text.ts";

export interface Directive {
  keyword: "host" | "match" | "include" | "user";
  /** Without quotes. */
  values: string[];
  /** Counted from 0. */
  line: number;
}

/** Behind a byte order mark, as it is seen in text of bytes. */
const WANTED = /^(?:\xef\xbb\xbf)?[ \t\f\v\r]*(host|match|include|user)(?=[\s="]|$)/i;

/**
 * @param path Named in errors.
 * @throws {AppError} `config` for a line that ssh could not read either.
 */
export function readDirectives(text: ByteText, path: string): Directive[] {
  const found: Directive[] = [];
  for (const [line, raw] of text.split("\n").entries()) {
    const match = WANTED.exec(raw);
    if (match === null) continue;
    const keyword = match[1]!.toLowerCase() as Directive["keyword"];
    const written = decoded(raw.slice(match[0].length - keyword.length)).trimEnd();
    found.push({ keyword, values: valuesOf(written, { path, line }), line });
  }
  return found;
}

function valuesOf(written: string, { path, line }: { path: string; line: number }): string[] {
  try {
    const [parsed] = SSHConfig.parse(written);
    const value = parsed !== undefined && "value" in parsed ? parsed.value : [];
    const values = typeof value === "string" ? [value] : value.map(({ val }) => val);
    if (values.some((each) => each !== "")) return values;
  } catch {
    // Said below.
  }
  throw new AppError("config", `Cannot read line ${line + 1} of ${path}: found "${written}"`, {
    why: "A quote is not closed, or the value is missing; ssh cannot read it either",
    hint: "Correct that line; the file is left as it is",
  });
}
