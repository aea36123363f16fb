/**
 * Watching: performance of sessions, resources of their hosts, health of both. Figures in, findings
 * out; asking is done by whoever has somebody to ask.
 *
 * @module
 */
export * from "./health_checker.ts";
export * from "./performance_fields.ts";
export * from "./performance_monitor.ts";
export * from "./prometheus.ts";
export * from "./reading.ts";
export * from "./resource_fields.ts";
export * from "./resource_monitor.ts";
export * from "./session_metrics.ts";
