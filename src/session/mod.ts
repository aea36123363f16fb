/**
 * Sessions: the data channel, its forwarders and their life.
 *
 * @module
 */
export * from "./contracts.ts";
export { SessionRegistry } from "./host/registry.ts";
export * from "./hosted.ts";
export { withDeadline } from "./deadline.ts";
export { endpointProbe, type EndpointProbeOptions } from "./endpoint_probe.ts";
export { LocalListener } from "./local_listener.ts";
export type { AttachedChannel, Attachment, LocalFacts, LocalSide } from "./local_side.ts";
export type { StandardStreams } from "./stdio_forwarder.ts";
export type { ShellTerminal, TerminalSize } from "./terminal_forwarder.ts";
export type { Probe } from "./network_watch.ts";
export {
  PortSession,
  type PortSessionOptions,
  type SessionStatistics,
  type SessionTarget,
} from "./port_session.ts";
export type { ReconnectPolicy } from "./reconnect_delay.ts";
export { ReconnectGate } from "./reconnect_gate.ts";
export {
  closeAll,
  type SessionElsewhere,
  SessionManager,
  type SessionManagerOptions,
  SessionPlaces,
  type SessionWish,
} from "./session_manager.ts";
export { webSocketTransport, type WebSocketTransportOptions } from "./websocket_transport.ts";
