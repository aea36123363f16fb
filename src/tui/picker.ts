/**
 * A list to search in and to choose from, as state, keys and lines: it knows of no terminal.
 *
 * @module
 */

import type { Key } from "./keys.ts";
import { columnWidths, joinCells, type PickerColumn, placeColumns } from "./picker_layout.ts";
import { type PickerRow, searchRows } from "./picker_rows.ts";
import { cutWidth, displayWidth, splitGraphemes, tailOfWidth } from "./text_width.ts";

export interface PickerOptions {
  /** Stands before what is typed. */
  question: string;
  columns: readonly PickerColumn[];
  /** Several may be chosen. */
  isMulti: boolean;
  /** What Enter does, as "connects". */
  enterDoes: string;
  /** Enter as the first key does nothing: it may have been pressed before the list was to be seen. */
  isCareful?: boolean;
}

/** What a key led to: ids that were chosen, or nothing, and leaving. */
export type PickerEnd = { chosen: readonly string[] } | { left: true };

/** What is to be seen. */
export interface PickerFrame {
  /** At most as many as the screen has, none wider than it. */
  lines: string[];
  /** Where the next letter will appear, counted from 0. */
  cursor: { row: number; column: number };
}

/** How parts of a line are to look. */
export type PickerLook = "title" | "active" | "dim" | "notice";

export interface PickerScreen {
  rows: number;
  columns: number;
  /** Colours a text; gives it back as it is where no colour is wanted. */
  paint(text: string, look: PickerLook): string;
}

const POINTER = "> ";
const QUERY_LIMIT = 200;
/** Question, titles and the line below the list. */
const LINES_AROUND = 3;
/** Screens that are lower do without the line about keys. */
const ROWS_FOR_KEYS = 8;

export class Picker {
  readonly #options: PickerOptions;
  #rows: readonly PickerRow[] = [];
  #matches: readonly PickerRow[] = [];
  #widths: number[];
  #query = "";
  #status = "";
  #notice = "";
  readonly #marked = new Set<string>();
  /** Into the matches. */
  #active = 0;
  /** The first match on the screen. */
  #top = 0;
  /** Matches that the screen has room for. */
  #room = 1;
  /** A key has been pressed: the active row is one that somebody may be looking at. */
  #isTouched = false;

  constructor(options: PickerOptions) {
    this.#options = options;
    this.#widths = columnWidths(options.columns, []);
  }

  /** What stands below the list, about the list. */
  set status(text: string) {
    this.#status = text;
  }

  /**
   * Another list in place of the one before. What was typed, the active row and its line stay; as long
   * as no key was pressed, the first row is the active one.
   */
  setRows(rows: readonly PickerRow[]): void {
    const before = this.#isTouched ? this.#matches[this.#active] : rows[0];
    this.#rows = rows;
    this.#widths = columnWidths(this.#options.columns, rows);
    this.#matches = searchRows(rows, this.#query);
    const now = this.#matches.findIndex(({ id }) => id === before?.id);
    // What is gone leaves its place to what follows.
    this.#top += now === -1 ? 0 : now - this.#active;
    this.#moveTo(now === -1 ? this.#active : now);
    const known = new Set(rows.map(({ id }) => id));
    for (const id of this.#marked) if (!known.has(id)) this.#marked.delete(id);
  }

  /** Does what a key means. @returns What it ended with; undefined: go on. */
  onKey(key: Key): PickerEnd | undefined {
    const isFirst = !this.#isTouched;
    this.#notice = "";
    this.#isTouched = true;
    switch (key.name) {
      case "enter":
        if (isFirst && this.#options.isCareful) return this.#warn();
        return this.#choose();
      case "escape":
        if (this.#query === "") return { left: true };
        return this.#search("");
      case "ctrl-c":
        return { left: true };
      case "ctrl-d":
        return this.#query === "" ? { left: true } : undefined;
      case "tab":
        return this.#mark();
      case "text":
        return this.#search((this.#query + key.text).slice(0, QUERY_LIMIT));
      case "backspace":
        return this.#search(splitGraphemes(this.#query).slice(0, -1).join(""));
      case "ctrl-w":
        return this.#search(this.#query.replace(/\S*\s*$/, ""));
      case "ctrl-u":
        return this.#search("");
      case "up":
      case "ctrl-p":
        return this.#moveTo(this.#active - 1);
      case "down":
      case "ctrl-n":
        return this.#moveTo(this.#active + 1);
      case "page-up":
        return this.#moveTo(this.#active - this.#room);
      case "page-down":
        return this.#moveTo(this.#active + this.#room);
      case "home":
        return this.#moveTo(0);
      case "end":
        return this.#moveTo(this.#matches.length - 1);
      default:
        return undefined;
    }
  }

  render(screen: PickerScreen): PickerFrame {
    // The last column stays free: a character there has terminals wait with the next line.
    const width = Math.max(1, screen.columns - 1);
    const showsKeys = screen.rows >= ROWS_FOR_KEYS;
    this.#room = Math.max(1, screen.rows - LINES_AROUND - (showsKeys ? 1 : 0));
    this.#moveTo(this.#active);
    const question = this.#questionLine(width);
    const below = showsKeys
      ? [this.#countLine(width), this.#keysLine(width, screen)]
      : [this.#notice === "" ? this.#countLine(width) : this.#keysLine(width, screen)];
    const lines = [question, ...this.#listLines(width, screen), ...below];
    return {
      lines: lines.slice(0, Math.max(1, screen.rows)),
      cursor: { row: 0, column: displayWidth(question) },
    };
  }

  #questionLine(width: number): string {
    const question = cutWidth(`${this.#options.question}: `, Math.max(0, width - 8));
    return question + tailOfWidth(this.#query, width - displayWidth(question));
  }

  /** Titles, and the rows that there is room for. */
  #listLines(width: number, { paint }: PickerScreen): string[] {
    const { columns, isMulti } = this.#options;
    const margin = POINTER.length + (isMulti ? 2 : 0);
    const placed = placeColumns(columns, this.#widths, width - margin);
    const titles = joinCells(columns.map(({ title }) => title), placed);
    const rows = this.#matches.slice(this.#top, this.#top + this.#room).map((row, at) => {
      const isActive = this.#top + at === this.#active;
      const mark = isMulti ? (this.#marked.has(row.id) ? "* " : "  ") : "";
      const line = cutWidth(
        (isActive ? POINTER : "  ") + mark + joinCells(row.cells, placed),
        width,
      );
      return isActive ? paint(line, "active") : row.isDim ? paint(line, "dim") : line;
    });
    if (rows.length === 0 && this.#rows.length > 0) rows.push(cutWidth("  Nothing fits", width));
    return [paint(cutWidth(" ".repeat(margin) + titles, width), "title"), ...rows];
  }

  #countLine(width: number): string {
    const count = (length: number) => length.toLocaleString("en");
    const all = count(this.#rows.length);
    const parts = [
      this.#rows.length === 0
        ? ""
        : this.#query.trim() === ""
        ? all
        : `${count(this.#matches.length)} of ${all}`,
      this.#marked.size === 0 ? "" : `${count(this.#marked.size)} marked`,
      this.#status,
    ];
    return cutWidth(parts.filter((part) => part !== "").join(", "), width);
  }

  #keysLine(width: number, { paint }: PickerScreen): string {
    if (this.#notice !== "") return paint(cutWidth(this.#notice, width), "notice");
    const { isMulti, enterDoes } = this.#options;
    const keys = [
      `Enter ${enterDoes}`,
      ...(isMulti ? ["Tab marks"] : []),
      this.#query === "" ? "Esc leaves" : "Esc clears",
      "type to search",
    ];
    return paint(cutWidth(keys.join(", "), width), "dim");
  }

  #search(query: string): undefined {
    if (query === this.#query) return;
    this.#query = query;
    this.#matches = searchRows(this.#rows, query);
    this.#top = 0;
    this.#moveTo(0);
  }

  #moveTo(index: number): undefined {
    const last = Math.max(0, this.#matches.length - 1);
    this.#active = Math.max(0, Math.min(index, last));
    // No empty lines below as long as there are rows to fill them.
    this.#top = Math.min(this.#top, Math.max(0, this.#matches.length - this.#room));
    this.#top = Math.max(0, this.#active - this.#room + 1, Math.min(this.#top, this.#active));
  }

  #choose(): PickerEnd | undefined {
    if (this.#marked.size > 0) {
      // In the order of the list, not of marking: the same choice is the same command.
      const chosen = this.#rows.filter(({ id }) => this.#marked.has(id));
      const refused = chosen.find(({ refusal }) => refusal !== undefined);
      if (refused === undefined) return { chosen: chosen.map(({ id }) => id) };
      this.#notice = refused.refusal!;
      return undefined;
    }
    const row = this.#choosable();
    return row === undefined ? undefined : { chosen: [row.id] };
  }

  #warn(): undefined {
    this.#notice = `Enter again ${this.#options.enterDoes}`;
  }

  #mark(): undefined {
    if (!this.#options.isMulti) return;
    const row = this.#choosable();
    if (row === undefined) return;
    if (!this.#marked.delete(row.id)) this.#marked.add(row.id);
    this.#moveTo(this.#active + 1);
  }

  /** The active row; undefined, and a notice why, when it cannot be chosen. */
  #choosable(): PickerRow | undefined {
    const row = this.#matches[this.#active];
    if (row === undefined) {
      this.#notice = this.#rows.length === 0 ? "There is nothing to choose yet" : "Nothing fits";
      return undefined;
    }
    if (row.refusal === undefined) return row;
    this.#notice = row.refusal;
    return undefined;
  }
}
