/**
 * Values as an ssh configuration and a ProxyCommand take them.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { quoteForShell, quoteForWindows } from "../platform/mod.ts";

/**
 * Refuses what cannot stand in an ssh configuration, however it is quoted.
 *
 * @throws {AppError} `usage`
 */
function requireWritable(text: string): void {
  // deno-lint-ignore no-control-regex -- a line end would begin another directive.
  if (!/[\x00-\x1f\x7f"]|\$\{/.test(text)) return;
  throw new AppError("usage", `Cannot write ${JSON.stringify(text)} into an ssh configuration`, {
    why:
      'It has a control character, a double quote or "${" in it, which ssh would not take as they are',
    hint: "Choose another name or place for it",
  });
}

/** A path, for IdentityFile and its like. @throws {AppError} `usage` */
export function pathValue(path: string, os: typeof Deno.build.os): string {
  requireWritable(path);
  const portable = os === "windows" ? path.replaceAll("\\", "/") : path;
  const literal = portable.replaceAll("%", "%%");
  return /[\s#=']/.test(literal) ? `"${literal}"` : literal;
}

/** A word of a ProxyCommand: text, or a token of ssh's that it fills in. */
export type ProxyWord = string | { token: "%h" | "%p" | "%r" };

/**
 * A ProxyCommand as ssh hands it to the user's shell (`exec` and the line), or on Windows to
 * CreateProcess.
 *
 * @throws {AppError} `usage` for a word that cannot be written.
 */
export function proxyCommand(words: readonly ProxyWord[], os: typeof Deno.build.os): string {
  return words.map((word) => {
    if (typeof word !== "string") return word.token;
    requireWritable(word);
    const quoted = os === "windows" ? quoteForWindows(word) : quoteForShell(word);
    return quoted.replaceAll("%", "%%");
  }).join(" ");
}
