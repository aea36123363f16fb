/**
 * A configuration file to begin with: every setting at its default.
 *
 * @module
 */

import type { ConfigFormat } from "./find.ts";
import { configShape, type JsonSchema, wantedOf } from "./shape.ts";

/** Widest comment. */
const COLUMNS = 80;

const HEAD =
  "Settings of ec2-connect, with their defaults. A line that begins with # sets nothing.";

/**
 * The text of the file. TOML and YAML say of each setting what it is and what it takes, and show in
 * comments what has no default; JSON has no comments, so it has the defaults alone.
 */
export async function configTemplate(format: ConfigFormat): Promise<string> {
  const shape = configShape();
  if (format === "json") return JSON.stringify(defaultsOf(shape), null, 2) + "\n";
  const write = format === "toml" ? await tomlWriter() : await yamlWriter();
  return [...comment(HEAD, ""), "", ...write(shape)].join("\n").trimEnd() + "\n";
}

/** Defaults of all that is below, tables complete. */
function defaultsOf({ properties, default: initial }: JsonSchema): unknown {
  if (properties === undefined) return initial;
  const entries = Object.entries(properties).map(([name, inner]) => [name, defaultsOf(inner)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

type Write = (shape: JsonSchema) => string[];

async function tomlWriter(): Promise<Write> {
  const { stringify } = await import("smol-toml");
  const line = (name: string, value: unknown) => stringify({ [name]: value }).trimEnd();
  const writeTable = (shape: JsonSchema, path: string): string[] => {
    const children = Object.entries(shape.properties ?? {});
    const own = children.filter(([, inner]) => !isTable(inner));
    const tables = children.filter(([, inner]) => isTable(inner));
    return [
      ...path === "" || own.length === 0 ? [] : [`[${path}]`],
      ...own.flatMap(([name, inner]) => [
        ...comment(aboutOf(inner), ""),
        inner.default === undefined
          ? `# ${line(name, inner.examples?.[0])}`
          : line(name, inner.default),
        "",
      ]),
      ...tables.flatMap(([name, inner]) => {
        const here = path === "" ? name : `${path}.${name}`;
        if (inner.properties !== undefined) return writeTable(inner, here);
        const example = here.split(".").reduceRight<unknown>(
          (value, part) => ({ [part]: value }),
          inner.examples?.[0],
        );
        return [
          ...comment(aboutOf(inner), ""),
          ...stringify(example).trimEnd().split("\n").map((text) => `# ${text}`.trimEnd()),
          "",
        ];
      }),
    ];
  };
  return (shape) => writeTable(shape, "");
}

async function yamlWriter(): Promise<Write> {
  const { stringify } = await import("yaml");
  const lines = (name: string, value: unknown) =>
    stringify({ [name]: value }).trimEnd().split("\n");
  /** @param off The mark of a section that is all comments: null would be in its place. */
  const writeTable = (shape: JsonSchema, indent: string, off: string): string[] =>
    Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => {
      const end = indent === "" ? [""] : [];
      if (inner.properties !== undefined) {
        const mark = Object.keys(defaultsOf(inner) as object).length === 0 ? "# " : off;
        return [`${mark}${indent}${name}:`, ...writeTable(inner, `${indent}  `, mark), ...end];
      }
      const isExample = inner.default === undefined || isTable(inner);
      const value = isExample ? inner.examples?.[0] : inner.default;
      const mark = isExample && off === "" ? "# " : "";
      return [
        ...comment(aboutOf(inner), off + indent),
        ...lines(name, value).map((text) => `${off}${indent}${mark}${text}`),
        ...end,
      ];
    });
  return (shape) => writeTable(shape, "", "");
}

function isTable({ properties, additionalProperties }: JsonSchema): boolean {
  return properties !== undefined || Boolean(additionalProperties);
}

/** What it is, and what it takes where that is more than its type. */
function aboutOf(shape: JsonSchema): string {
  const { description = "", pattern, type } = shape;
  const isPlain = isTable(shape) || (type === "string" && shape.enum === undefined);
  return isPlain || pattern !== undefined ? description : `${description} (${wantedOf(shape)})`;
}

/** Broken into lines. */
function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > COLUMNS && line.length > indent.length + 1) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
