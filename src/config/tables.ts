/**
 * Tables within tables, as a configuration file holds them.
 *
 * @module
 */

/** Names to values, some of which are tables again. */
export type Table = Record<string, unknown>;

/** Whether a value of a file is a table: no list, no date, nothing else. */
export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}

/** What stands at `path`, undefined where nothing does. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}

/** The table that holds nothing but `value` at `path`. */
export function nested(path: readonly string[], value: unknown): Table {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Table;
}

/** A copy with `value` at `path`; undefined takes away what is there. What is no table on the way becomes one. */
export function withValue(table: Table, path: readonly string[], value: unknown): Table {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length > 0) {
    const inner = isTable(table[name]) ? table[name] : {};
    if (value === undefined && !isTable(table[name])) return table;
    return { ...table, [name]: withValue(inner, rest, value) };
  }
  const { [name]: _before, ...others } = table;
  return value === undefined ? others : { ...table, [name]: value };
}

/** JSON with sorted names: values that differ in nothing but the order of theirs are the same text. */
export function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item) =>
      isTable(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => a < b ? -1 : 1))
        : item,
  ) ?? "null";
}
