/**
 * The settings of someone who made none, without loading the schema. A test holds the two equal.
 *
 * @module
 */

import type { Config } from "./schema.ts";

export const DEFAULT_CONFIG: Config = {
  aws: { connection_timeout: 30, request_timeout: 60 },
  session: {
    max_sessions_per_instance: 3,
    health_check_interval: 5,
    keep_alive: "always",
    reconnection: { enabled: true, max_attempts: 5, base_delay_ms: 1_000, max_delay_ms: 16_000 },
    background_linger: 60,
  },
  resources: { max_memory_mb: 10, max_cpu_percent: 0.5, low_power_mode: true },
  database: {},
  logging: { level: "info" },
  diagnostics: {
    checks: {},
    auto_fix: { enabled: false, safe_only: true },
    parallel: true,
    format: "text",
  },
  connections: {},
  groups: {},
};
