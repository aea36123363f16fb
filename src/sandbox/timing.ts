/**
 * The sandbox's limits and waits, in one place so that tests can shorten them.
 *
 * @module
 */

/** All in milliseconds. */
export interface SandboxTiming {
  /** Life of a TokenValue. The service says only that it is short (SDK model text). */
  tokenLifeMs: number;
  /** How long the gateway waits for the upgrade request, and then for the first text frame. */
  openTimeoutMs: number;
  /** A session ends when its client sends no data for so long. The service's default (user guide). */
  idleTimeoutMs: number;
  /** A session ends after so long, whatever it does; 0 for never, which is the service's default. */
  maxDurationMs: number;
  /** From `channel_closed` to the gateway closing the socket; clients leave by themselves. */
  closeDelayMs: number;
  /** The agent waits so long for each answer of the handshake. Source: agent datachannel.go. */
  handshakeTimeoutMs: number;
  /** Silence after HandshakeComplete of a multiplexed session, or the reference plugin hangs. */
  quietMs: number;
  /** The agent looks at its outgoing queue this often. Source: agent config.go. */
  retransmissionTickMs: number;
  /** At the end the agent waits so long for acknowledgements. Source: PrepareToCloseChannel. */
  drainMs: number;
  /** A shell sends nothing for so long after its start. Source: agent shell.go. */
  firstOutputMs: number;
  /** A shell or a command that cannot start ends its session so much later. Source: agent shell.go. */
  startFailureMs: number;
  /** smux NOP interval and silence limit. Source: smux mux.go DefaultConfig. */
  keepAliveIntervalMs: number;
  keepAliveTimeoutMs: number;
  /** The `sink` service answers after so much silence. */
  sinkSilenceMs: number;
}

export const DEFAULT_TIMING: Readonly<SandboxTiming> = {
  tokenLifeMs: 60_000,
  openTimeoutMs: 10_000,
  idleTimeoutMs: 20 * 60_000,
  maxDurationMs: 0,
  closeDelayMs: 250,
  handshakeTimeoutMs: 15_000,
  quietMs: 100,
  retransmissionTickMs: 100,
  drainMs: 2_000,
  firstOutputMs: 1_000,
  startFailureMs: 2_000,
  keepAliveIntervalMs: 10_000,
  keepAliveTimeoutMs: 30_000,
  sinkSilenceMs: 2_000,
};
