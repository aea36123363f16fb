/**
 * Screens: what they show and what keys do, and drawing them on a terminal.
 *
 * @module
 */

export * from "./picker.ts";
export type { PickerColumn } from "./picker_layout.ts";
export { type PickerRow, pickerRow, type PickerRowOptions } from "./picker_rows.ts";
export * from "./run_picker.ts";
