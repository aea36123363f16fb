/**
 * Fenced blocks of a Markdown document, and what the comments before them say.
 *
 * @module
 */

/** A `<!-- test: NAME REST -->` before a fence. */
export interface Directive {
  name: string;
  rest: string;
}

/** One `$ ` line, with its continued lines joined, and what stands below it. */
export interface ConsoleCommand {
  text: string;
  output: string[];
}

/** One fenced block. */
export interface Block {
  document: string;
  /** Line of the opening fence, from 1. */
  line: number;
  /** First word behind the opening fence. */
  language: string;
  directives: Directive[];
  lines: string[];
}

/** Blocks of a document, in order. Fences stand at the beginning of a line. */
export function parseBlocks(document: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let directives: Directive[] = [];
  let open: Block | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (open !== undefined) {
      if (line !== "```") {
        open.lines.push(line);
        continue;
      }
      blocks.push(open);
      open = undefined;
    } else if (line.startsWith("```")) {
      const [language = ""] = line.slice(3).split(" ");
      open = { document, line: index + 1, language, directives, lines: [] };
      directives = [];
    } else if (line.trim() !== "") {
      const found = /^<!-- test: ([\w-]+) ?(.*?) ?-->$/.exec(line);
      // Text between a comment and a fence parts them.
      directives = found === null ? [] : [...directives, { name: found[1]!, rest: found[2]! }];
    }
  }
  if (open !== undefined) throw new Error(`${document}:${open.line}: the block has no end`);
  return blocks;
}

/** The commands of a `console` block. @throws When text stands before the first one. */
export function parseCommands(block: Block): ConsoleCommand[] {
  const commands: ConsoleCommand[] = [];
  let isContinued = false;
  for (const line of block.lines) {
    const last = commands.at(-1);
    if (isContinued) last!.text += " " + line.replace(/\\$/, "").trim();
    else if (line.startsWith("$ ")) {
      commands.push({ text: line.slice(2).replace(/\\$/, "").trim(), output: [] });
    } else if (last === undefined) {
      throw new Error(`${block.document}:${block.line}: a console block begins with "$ "`);
    } else last.output.push(line);
    isContinued = (isContinued || line.startsWith("$ ")) && line.endsWith("\\");
  }
  // Blank lines before the next prompt are the document's.
  for (const { output } of commands) while (output.at(-1) === "") output.pop();
  return commands;
}

/** Words of a command line, with the two kinds of quotes of a shell and nothing else of it. */
export function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_all, single, double) => single ?? double)
  );
}

/** Markdown without its fenced blocks, for looking at links and headings. */
export function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, "");
}
