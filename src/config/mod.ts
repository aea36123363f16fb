/**
 * Settings: one schema, a file in one of three formats, the environment over it.
 *
 * The schema itself (`schema.ts`, `read.ts`) is heavy and imported lazily, and so is writing (`save.ts`).
 *
 * @module
 */

export { hostName, localAddress } from "./addresses.ts";
export { DEFAULT_CONFIG } from "./defaults.ts";
export type { SettingEdit } from "./edit.ts";
export { type ConfigFormat, formatOfFile } from "./find.ts";
export { asTable, glanceAtConfig } from "./glance.ts";
export { inspectSettings, loadConfig, type LoadedConfig, type SettingOrigin } from "./load.ts";
export { nearestName } from "./nearest.ts";
export { PRESET_NAME } from "./preset_name.ts";
export type { Problem } from "./problems.ts";
export { canonical } from "./tables.ts";
export type { Config, Connection } from "./schema.ts";
