/**
 * Offsets, widths, numbers and limits of the Session Manager data channel, each with its source.
 *
 * "plugin" is aws/session-manager-plugin, "agent" is aws/amazon-ssm-agent.
 *
 * @module
 */

// --- Envelope. Source: plugin src/message/clientmessage.go and messageparser.go. ---

/** Offset of PayloadLength. This is also the value of the HeaderLength field. */
export const HEADER_LENGTH = 116;
/** Bytes before the payload: the header and the 4 bytes of PayloadLength. */
export const ENVELOPE_BYTES = HEADER_LENGTH + 4;

/** Offsets of the envelope's fields. */
export const OFFSET = {
  headerLength: 0,
  messageType: 4,
  schemaVersion: 36,
  createdDate: 40,
  sequenceNumber: 48,
  flags: 56,
  messageId: 64,
  payloadDigest: 80,
  payloadType: 112,
} as const;

/** Width of the MessageType field, padded on the right with spaces. */
export const MESSAGE_TYPE_BYTES = 32;
/** Width of the SHA-256 payload digest. */
export const DIGEST_BYTES = 32;
/** The only schema version in use. */
export const SCHEMA_VERSION = 1;

/** Message types that reach a client. Source: plugin src/message/clientmessage.go. */
export const MESSAGE_TYPE = {
  inputStreamData: "input_stream_data",
  outputStreamData: "output_stream_data",
  acknowledge: "acknowledge",
  channelClosed: "channel_closed",
  startPublication: "start_publication",
  pausePublication: "pause_publication",
} as const;

/** Payload types. Source: plugin clientmessage.go, agent contracts/model.go; identical. */
export const PAYLOAD_TYPE = {
  none: 0,
  output: 1,
  error: 2,
  size: 3,
  parameter: 4,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  encChallengeRequest: 8,
  encChallengeResponse: 9,
  flag: 10,
  stdErr: 11,
  exitCode: 12,
} as const;

/** Values of a payload of type `flag`, 4 bytes big-endian. Source: plugin clientmessage.go. */
export const FLAG = {
  /** Client to agent: the local connection ended (basic port mode). */
  disconnectToPort: 1,
  /** Client to agent: end the session. */
  terminateSession: 2,
  /** Agent to client: the agent could not connect to the target port. */
  connectToPortError: 3,
} as const;

/** Envelope flags: first and last message of a stream. Nobody reads them on receipt. */
export const ENVELOPE_FLAGS = { none: 0, syn: 1, fin: 2, synFin: 3 } as const;

// --- Reliability. Source: plugin and agent config.go unless said otherwise. ---

/** Most bytes of stream payload in one message. Source: config.go StreamDataPayloadSize. */
export const STREAM_PAYLOAD_BYTES = 1024;
/** How often the retransmission queue is looked at. */
export const RETRANSMISSION_TICK_MS = 100;
export const INITIAL_RTT_MS = 100;
export const INITIAL_RTT_VARIANCE_MS = 0;
export const INITIAL_RTO_MS = 200;
export const MAX_RTO_MS = 1000;
/** Floor of the variance term of the RTO: the agent's clock granularity. */
export const RTO_GRANULARITY_MS = 10;
/** Messages ahead of the expected one that are kept. The plugin's IncomingMessageBuffer capacity. */
export const INCOMING_BUFFER_MESSAGES = 10_000;

// --- Handshake. ---

/** Version that this client reports. Numeric, four parts and above 1.2.331.0, or the agent keeps
 * smux keep-alive on and ends quiet tunnels (agent port_mux.go). */
export const CLIENT_VERSION = "1.2.677.0";
/** The agent gives up on the handshake response, and on the challenge, after this long. */
export const AGENT_HANDSHAKE_TIMEOUT_MS = 15_000;

// --- smux version 1. Source: xtaci/smux frame.go, session.go, mux.go DefaultConfig. ---

export const SMUX_VERSION = 1;
export const SMUX_HEADER_BYTES = 8;
export const SMUX_COMMAND = { syn: 0, fin: 1, psh: 2, nop: 3 } as const;
/** Most data bytes of one PSH that the reference sends; a receiver must accept up to 65535. */
export const SMUX_MAX_FRAME_BYTES = 32_768;
/** First stream id that a client opens; the next ones add 2. */
export const SMUX_FIRST_CLIENT_STREAM_ID = 3;
/** Streams that the reference lets wait for accept. */
export const SMUX_ACCEPT_BACKLOG = 1024;
export const SMUX_KEEP_ALIVE_INTERVAL_MS = 10_000;
export const SMUX_KEEP_ALIVE_TIMEOUT_MS = 30_000;
