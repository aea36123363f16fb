/**
 * The Session Manager data-channel protocol: pure, no I/O, no timers.
 *
 * @module
 */
export * from "./constants.ts";
export * from "./message.ts";
export * from "./protocol_error.ts";
export * from "./smux.ts";
export * from "./smux_stream.ts";
