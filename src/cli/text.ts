/**
 * Text for a terminal.
 *
 * @module
 */

const COLOURS = { red: "31;1", yellow: "33", dim: "2", bold: "1" } as const;

/** `text` in a colour, where colour is wanted. */
export function paint(text: string, colour: keyof typeof COLOURS, isOn: boolean): string {
  return isOn ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
}

/**
 * Text that cannot steer a terminal: tags, agents and services may send any character.
 *
 * Line ends become spaces, other control characters are shown as `\xNN`, and those that turn the
 * direction of writing, or that nobody sees, as `\uNNNN`.
 */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what this is about.
  return text.replace(/\s*[\r\n]+\s*/g, " ").replace(/[\x00-\x1f\x7f-\x9f]/g, (character) => {
    if (character === "\t") return " ";
    return `\\x${hexOf(character, 2)}`;
  }).replace(UNSEEN, (character) => `\\u${hexOf(character, 4)}`);
}

/** Of the format characters (Unicode, Bidi_Control and Default_Ignorable) those that no script needs. */
const UNSEEN = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function hexOf(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
