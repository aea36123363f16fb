/**
 * Sessions: the data channel, its forwarders and their life.
 *
 * @module
 */
export * from "./contracts.ts";
export * from "./hosted.ts";
export { PortSession, type PortSessionOptions, type SessionStatistics } from "./port_session.ts";
export { type ReconnectPolicy } from "./resume.ts";
export { webSocketTransport, type WebSocketTransportOptions } from "./websocket_transport.ts";
