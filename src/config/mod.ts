/**
 * Settings: one schema, a file in one of three formats, the environment over it.
 *
 * The schema itself (`schema.ts`, `read.ts`) is heavy and imported lazily.
 *
 * @module
 */

export { DEFAULT_CONFIG } from "./defaults.ts";
export { loadConfig, type LoadedConfig, type SettingOrigin } from "./load.ts";
export { nearestName } from "./nearest.ts";
export type { Config, Connection } from "./schema.ts";
