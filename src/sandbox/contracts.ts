/**
 * What the sandbox takes and what it gives.
 *
 * @module
 */
import type { SessionPreferences } from "./cloud/preferences.ts";
import type { ActiveFault, Fault, FaultResult } from "./faults/fault.ts";
import type { SandboxTiming } from "./timing.ts";

export interface SandboxOptions {
  /** Port of the API endpoint; 0, the default, for any free one. */
  port?: number;
  /** Address to listen on. Default 127.0.0.1; anything but loopback exposes the fault API. */
  hostname?: string;
  /**
   * Only the instances of this scenario; see `listScenarios`. Default: those of all scenarios that
   * leave the account's own settings alone.
   */
  scenario?: string;
  /** Names of more instances, for long lists: they run, and have no agent. */
  crowd?: readonly string[];
  /** The agent's 1 ms sleep after each message. Default true, so that figures are honest. */
  agentPacing?: boolean;
  /** Where the instances live. Other regions answer too, and are empty. Default us-east-1. */
  region?: string;
  timing?: Partial<SandboxTiming>;
  /** Where the account's preferences differ from the scenario's. */
  preferences?: Partial<SessionPreferences>;
  /**
   * Whether sessions can run commands: really, on this machine, as its user. Default true; never when
   * other machines can reach the sandbox.
   */
  shells?: boolean;
  /** The agents' `RequireKMSChallengeResponse`. Default false, as theirs. */
  requireKmsChallenge?: boolean;
  /** One line for each thing that happens; never holds a secret. */
  log?: (line: string) => void;
}

/** Real loopback ports behind every instance. */
export interface SandboxServices {
  /** Returns every byte. */
  echo: number;
  /** `GET /`, `GET /bytes?n=N`, `POST /upload`. */
  http: number;
  /** Counts bytes until half-close or silence, then answers the count. */
  sink: number;
  /** An SSH version line and nothing behind it. */
  ssh: number;
}

export interface SandboxInstance {
  instanceId: string;
  /** Its Name tag; empty when it has none. */
  name: string;
  /** What is right or wrong with it; one of `SCENARIO_NAMES`. */
  scenario: string;
  /** EC2's state name. */
  state: string;
  /** In a network of its own, with something that a diagnosis finds or finds right. */
  isForDiagnosis: boolean;
  privateIp: string;
  services: SandboxServices;
}

export interface SandboxCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** One session as the sandbox sees it, live or ended. */
export interface SessionSnapshot {
  sessionId: string;
  instanceId: string;
  documentName: string;
  /** As DescribeSessions shows it. */
  status: string;
  /** Why it ended: the Output of `channel_closed`. Empty while live and after an ordinary end. */
  endReason: string;
  /** The ClientVersion of the first message; empty when it had none. */
  clientVersion: string;
  /** WebSockets opened for it so far, and whether one is open. */
  connections: number;
  isConnected: boolean;
  /** Distinct ClientId values seen: 1 unless a client forgets its own. */
  clientIds: number;
  agentVersion: string;
  /** `command` runs one without a terminal. */
  mode: "none" | "mux" | "basic" | "stdio" | "shell" | "interactive" | "command";
  /** Open connections of the agent to its targets. */
  targetConnections: number;
  /** Its targets are so slow that it takes nothing from the client. */
  isBlocked: boolean;
  counters: SessionCounters;
}

export interface SessionCounters {
  /** WebSocket messages relayed, each way, before faults struck. */
  messagesFromClient: number;
  messagesToClient: number;
  /** Bytes of Output payload that the agent took and gave, each counted once. */
  bytesFromClient: number;
  bytesToClient: number;
  /** The agent's retransmissions. */
  retransmissions: number;
  /** Data messages that the agent had already. */
  duplicates: number;
  /** Data messages before the handshake was complete: acknowledged and thrown away. */
  thrownAway: number;
  /** Data messages left unacknowledged because the plugin was not ready. */
  notReady: number;
  /** Agent messages not acknowledged yet. */
  unacknowledged: number;
}

/** The fault API inside the process: the same operations as under `/_faults`. */
export interface FaultControls {
  /** @throws {AppError} `usage` for a fault that makes no sense. */
  apply(fault: Fault): FaultResult;
  list(): ActiveFault[];
  /** Ends one lasting fault, or all of them. */
  clear(id?: number): void;
}

export interface Sandbox extends AsyncDisposable {
  /** What `AWS_ENDPOINT_URL` should be. */
  endpointUrl: string;
  region: string;
  credentials: SandboxCredentials;
  faultUrl: string;
  instances: SandboxInstance[];
  faults: FaultControls;
  /** Every session since the start, oldest first. */
  sessions(): SessionSnapshot[];
  stop(): Promise<void>;
}
