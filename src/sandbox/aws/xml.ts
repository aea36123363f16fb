/**
 * XML answers of the query services.
 *
 * @module
 */

/** A value that becomes XML: text, nested members, or a list of `<item>` / `<member>`. */
export type XmlValue = string | number | boolean | XmlMembers | XmlList;
export interface XmlMembers {
  readonly [name: string]: XmlValue | undefined;
}

/** A list; EC2 calls its elements `item`, the other query services `member`. */
export class XmlList {
  constructor(readonly elements: readonly XmlValue[], readonly elementName = "item") {}
}

/** Members as elements, in their order; `undefined` ones are left out. */
export function toXml(members: XmlMembers): string {
  let text = "";
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) text += element(name, value);
  }
  return text;
}

function element(name: string, value: XmlValue): string {
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: XmlValue): string {
  if (value instanceof XmlList) {
    return value.elements.map((each) => element(value.elementName, each)).join("");
  }
  if (typeof value === "object") return toXml(value);
  return escapeXml(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

/** For the content of elements. Drops control characters, which XML 1.0 cannot hold. */
export function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "")
    .replace(/[&<>]/g, (char) => ESCAPES[char]!);
}
