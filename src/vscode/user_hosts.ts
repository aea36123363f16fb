/**
 * What the user's own ssh configuration, with all that it includes, says about a name.
 *
 * @module
 */
import { readByteText } from "./byte_text.ts";
import { readDirectives } from "./directives.ts";

/** As deep as ssh goes. Source: OpenSSH readconf.c, READCONF_MAX_DEPTH. */
const MAX_DEPTH = 16;

interface Section {
  /** Of a Host line; undefined for what holds for all, and for Match, which only ssh can judge. */
  patterns: string[] | undefined;
  isMatch: boolean;
  user: string | undefined;
}

export class UserHosts {
  readonly #sections: readonly Section[];

  private constructor(sections: Section[]) {
    this.#sections = sections;
  }

  /**
   * @param path The user's configuration, which need not exist.
   * @param options.home Stands for `~`.
   * @param options.except Our own file.
   * @throws {AppError} `config` for a file that cannot be read.
   */
  static async read(path: string, options: { home: string; except: string }): Promise<UserHosts> {
    const sections: Section[] = [];
    await collect(path, { ...options, sections, depth: 0, scope: undefined });
    return new UserHosts(sections);
  }

  /** Whether a Host line names it; patterns for every host do not count. */
  names(alias: string): boolean {
    return this.#sections.some(({ patterns }) => {
      if (patterns === undefined || !covers(patterns, alias)) return false;
      return patterns.some((pattern) => !/^[*?!]*$/.test(pattern) && isMatch(pattern, alias));
    });
  }

  /** Whether a Host line is about exactly that name, and not a pattern that fits it. */
  namesExactly(alias: string): boolean {
    return this.#sections.some(({ patterns }) => patterns?.some((each) => isSame(each, alias)));
  }

  /** The first User that holds for one of the names. */
  userOf(aliases: readonly string[]): string | undefined {
    return this.#sections.find(({ patterns, isMatch, user }) =>
      user !== undefined && !isMatch &&
      (patterns === undefined || aliases.some((alias) => covers(patterns, alias)))
    )?.user;
  }
}

interface Collecting {
  home: string;
  except: string;
  sections: Section[];
  depth: number;
  /** Of the place of the Include. */
  scope: Section | undefined;
}

async function collect(path: string, state: Collecting): Promise<void> {
  if (state.depth > MAX_DEPTH || path === state.except) return;
  const text = await readByteText(path);
  if (text === undefined) return;
  const { scope } = state;
  const fresh = (patterns: string[] | undefined, isMatch: boolean): Section => {
    const section = { patterns, isMatch, user: undefined };
    state.sections.push(section);
    return section;
  };
  let section = fresh(scope?.patterns, scope?.isMatch ?? false);
  for (const { keyword, values } of readDirectives(text, path)) {
    if (keyword === "user") section.user ??= values[0];
    else if (keyword === "host") section = fresh(values, false);
    else if (keyword === "match") section = fresh(undefined, true);
    else {
      for (const value of values) {
        for (const each of await expand(value, state.home)) {
          await collect(each, { ...state, depth: state.depth + 1, scope: section });
        }
      }
      // What follows the Include comes after it.
      section = fresh(section.patterns, section.isMatch);
    }
  }
}

/** The files that an Include means; relative ones are in `~/.ssh`. */
async function expand(value: string, home: string): Promise<string[]> {
  const path = value.startsWith("~/") ? `${home}/${value.slice(2)}` : value;
  const isAbsolute = /^(?:[A-Za-z]:)?[\\/]/.test(path);
  const parts = (isAbsolute ? path : `${home}/.ssh/${path}`).replaceAll("\\", "/").split("/");
  let found = [parts.shift()!];
  for (const part of parts) {
    if (!/[*?[]/.test(part)) {
      found = found.map((folder) => `${folder}/${part}`);
      continue;
    }
    const next: string[] = [];
    for (const folder of found) {
      for (const name of await namesIn(folder)) {
        // Hidden files are only meant where the pattern says so (glob(7)).
        if (isMatch(part, name, true) && (!name.startsWith(".") || part.startsWith("."))) {
          next.push(`${folder}/${name}`);
        }
      }
    }
    found = next;
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder || "/"))).map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** As ssh decides whether a Host line is for a name: one pattern fits and no negated one does. */
function covers(patterns: readonly string[], alias: string): boolean {
  const isNegated = patterns.some((each) => each.startsWith("!") && isMatch(each.slice(1), alias));
  return !isNegated && patterns.some((each) => !each.startsWith("!") && isMatch(each, alias));
}

/** `*` and `?`, and for names of files `[…]` as well. */
function isMatch(pattern: string, text: string, brackets = false): boolean {
  const parts = brackets ? /\*+|\?|\[[!^]?\]?[^\]]*\]|[^]/g : /\*+|\?|[^]/g;
  const expression = pattern.replace(parts, (part) => {
    if (part.startsWith("*")) return "[^]*";
    if (part === "?") return "[^]";
    if (part.length === 1) return part.replace(/[\\^$.|+(){}[\]]/, "\\$&");
    return part.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
  });
  try {
    return new RegExp(`^${expression}$`, "i").test(text);
  } catch {
    // A class that makes no sense ("[z-a]") fits nothing.
    return false;
  }
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
