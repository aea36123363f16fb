/**
 * The Session Manager data-channel protocol: pure, no I/O, no timers.
 *
 * @module
 */
export * from "./acknowledge.ts";
export * from "./channel_closed.ts";
export * from "./constants.ts";
export * from "./encryption.ts";
export * from "./exit_code.ts";
export * from "./flag.ts";
export * from "./handshake.ts";
export * from "./incoming_order.ts";
export * from "./message.ts";
export * from "./open_request.ts";
export * from "./protocol_error.ts";
export * from "./reliable_channel.ts";
export * from "./replay_buffer.ts";
export * from "./round_trip.ts";
export * from "./round_trip_histogram.ts";
export * from "./send_window.ts";
export * from "./smux.ts";
export * from "./smux_keep_alive.ts";
export * from "./smux_stream.ts";
export * from "./terminal_size.ts";
export * from "./version.ts";
export * from "./websocket_frame.ts";
