/**
 * The Include line in the user's ssh configuration: put at its top, found again, taken out again.
 *
 * At the top, because an Include behind a Host line is read for that host alone.
 *
 * @module
 */
import { type ByteText, encoded } from "./byte_text.ts";
import { readDirectives } from "./directives.ts";

const COMMENT =
  "# The next line was added by `ec2-connect vscode setup`; `ec2-connect vscode cleanup` takes it out";
/** Of UTF-8, as it is seen in text of bytes. */
const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/** The line that reads the file at `path`, an absolute path. */
export function includeLine(path: string): string {
  // A pattern: what means something in one, or may come to (`%`, `$`), stands for itself as `?`.
  const pattern = path.replaceAll("\\", "/").replace(/[*?[\]{}"'%$\\]/g, "?");
  return `Include ${/[\s#=]/.test(pattern) ? `"${pattern}"` : pattern}`;
}

/**
 * Whether the file at `path` is included for every host.
 *
 * @param userConfig Path of the text, for errors.
 */
export function hasInclude(text: ByteText, path: string, userConfig: string): boolean {
  const ours = ourValue(path);
  for (const { keyword, values } of readDirectives(text, userConfig)) {
    if (keyword === "host" || keyword === "match") return false;
    if (keyword === "include" && values.includes(ours)) return true;
  }
  return false;
}

/** The value as a parser gives it back. */
function ourValue(path: string): string {
  return readDirectives(encoded(includeLine(path)), path)[0]!.values[0]!;
}

/** Puts the line in; everything else stays as it is. Nothing changes where it is in already. */
export function addInclude(text: ByteText, path: string, userConfig: string): ByteText {
  if (hasInclude(text, path, userConfig)) return text;
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  const lineEnd = /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n";
  const lines = [COMMENT, includeLine(path)].map((line) => encoded(line) + lineEnd).join("");
  return mark + lines + text.slice(mark.length);
}

/** Takes out what {@link addInclude} put in, and nothing else. */
export function removeInclude(text: ByteText, path: string): ByteText {
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  const lines = text.slice(mark.length).split(/(?<=\n)/);
  const [comment, include] = [encoded(COMMENT), encoded(includeLine(path))];
  const isOurs = lines.map((line) => line.trim() === include);
  const kept = lines.filter((line, at) => {
    if (isOurs[at]) return false;
    return !(line.trim() === comment && isOurs[at + 1]);
  });
  return mark + kept.join("");
}
