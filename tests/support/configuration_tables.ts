/**
 * The tables of `docs/CONFIGURATION.md`, out of the schema.
 *
 * @module
 */
import { listSettings } from "../../src/config/environment.ts";
import { type JsonSchema, shapeAt, wantedOf } from "../../src/config/shape.ts";

/** Lines of each generated part of the document, by the name in its markers. */
export function configurationTables(): Record<string, string[]> {
  return {
    settings: table(
      ["setting", "value", "default", "variables", "meaning"],
      listSettings().map(({ path, variables, description }) => {
        const shape = shapeAt(path)!;
        const initial = shape.default === undefined ? "none" : code(String(shape.default));
        return [
          code(path.join(".")),
          valueOf(shape),
          initial,
          variables.map(code).join(", "),
          description,
        ];
      }),
    ),
    "other settings": table(
      ["setting", "value", "meaning"],
      ([["diagnostics", "checks"], ["connections"], ["groups"]] as const).map((path) => {
        const shape = shapeAt(path)!;
        return [code(path.join(".")), valueOf(shape), shape.description ?? ""];
      }),
    ),
    "a preset": presetTable(["connections", "NAME"]),
    "a forward": presetTable(["connections", "NAME", "forwards", 0]),
  };
}

function presetTable(path: (string | number)[]): string[] {
  const { properties = {}, required = [] } = shapeAt(path)!;
  return table(
    ["setting", "value", "meaning"],
    Object.entries(properties).map(([name, shape]) => [
      code(name) + (required.includes(name) ? " (must be there)" : ""),
      valueOf(shape),
      shape.description ?? "",
    ]),
  );
}

function valueOf(shape: JsonSchema): string {
  const { enum: words, items, additionalProperties } = shape;
  if (words !== undefined) return words.map(code).join(", ");
  if (items !== undefined) return "a list of tables";
  if (additionalProperties) {
    return additionalProperties.items === undefined
      ? `a table of names to ${plural(additionalProperties)}`
      : "a table of names to lists of names";
  }
  // Long numbers are read more easily in groups; a file takes them without.
  return wantedOf(shape).replace(/\d{4,}/g, (digits) => digits.replace(/\B(?=(?:\d{3})+$)/g, ","));
}

function plural({ type }: JsonSchema): string {
  return type === "boolean" ? "`true` or `false`" : "tables";
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [row(heads), row(heads.map(() => "---")), ...rows.map(row)];
}

function code(text: string): string {
  return `\`${text}\``;
}
