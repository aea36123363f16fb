/**
 * Sessions: the data channel, its forwarders and their life.
 *
 * @module
 */
export * from "./contracts.ts";
export * from "./hosted.ts";
export { LocalListener } from "./local_listener.ts";
export type { AttachedChannel, Attachment, LocalFacts, LocalSide } from "./local_side.ts";
export { PortSession, type PortSessionOptions, type SessionStatistics } from "./port_session.ts";
export { type ReconnectPolicy } from "./resume.ts";
export { webSocketTransport, type WebSocketTransportOptions } from "./websocket_transport.ts";
