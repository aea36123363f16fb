/**
 * The faults that can be asked for, over HTTP under `/_faults` or through `Sandbox.faults`.
 *
 * ```
 * POST   /_faults      {"fault": "cut", "instance": "web-1"}   do it, or keep doing it
 * GET    /_faults      what is being done
 * DELETE /_faults      stop everything       DELETE /_faults/3   stop one thing
 * ```
 *
 * Every fault takes `instance` (an id or a Name) and `session` (an id) to strike only there; without
 * them it strikes everywhere.
 *
 * **At once**, answered with `{"affected": N}`, the number of sessions struck:
 *
 * | fault | members | what happens |
 * | --- | --- | --- |
 * | `cut` | | the TCP connection goes away without a WebSocket close: the client sees 1006 |
 * | `close` | `code` = 1000, `reason` = "Bye" | a proper close; the default is the service's hourly one |
 * | `garbage` | `kind`, `times` = 1 | a message to the client that is not a message; see `GarbageKind` |
 * | `pause_publication`, `start_publication` | `to` = "client" or "agent" | that control message |
 * | `end_session` | `output` = "" | the session ends with `channel_closed` and this text |
 * | `expire_credentials` | `user_key` = false | every temporary key issued so far expires; with `user_key` requests with the long-lived key are answered likewise until the fault is cleared |
 *
 * **Lasting**, answered with `{"id": N}`, until cleared or until `count` strikes are used up:
 *
 * | fault | members | what happens |
 * | --- | --- | --- |
 * | `blackhole` | | sockets stay open and nothing passes, new upgrades get no answer; what was on its way goes on when it is cleared |
 * | `gateway_down` | | the message gateway is gone: every socket drops and its port refuses connections; cleared, it is back on the same port, as after a restart |
 * | `delay` | `ms`, `direction` = "both" | every message arrives that much later, in order |
 * | `drop`, `duplicate`, `reorder` | `probability`, `seed` = 1, `direction` = "both" | messages are lost, doubled, or overtaken by the next one |
 * | `corrupt` | `probability`, `seed` = 1 | one payload byte of a message to the client is flipped |
 * | `lose_acks` | `probability` = 1, `seed` = 1, `direction` = "both" | `drop` for acknowledgements alone |
 * | `refuse_resume` | `code` = "InternalServerError", `status` | ResumeSession fails; "DoesNotExistException" is final |
 * | `resume_without_token` | | ResumeSession says that the session has ended |
 * | `refuse_upgrade` | `status` = 403 | the WebSocket upgrade is refused |
 * | `close_at_once` | `code` | the upgrade succeeds, then the socket closes; without `code` it just goes away |
 * | `hang_upgrade` | | the upgrade gets no answer |
 * | `hang_api`, `delay_api` | `service`, `operation`, `ms` | API requests get no answer, or a late one |
 * | `api_error` | `code`, `service`, `operation`, `status`, `message` | API requests fail; without `service` and `operation` all of them |
 * | `html_answer` | `service`, `operation` | API requests are answered with a web page |
 * | `deny` | `actions`, `resource` = "*" | the caller is explicitly denied these IAM actions, as in a policy: `["ssm:StartSession", "iam:*"]` |
 * | `silence_handshake` | `stage` = "request" or "complete" | the agent never sends that part of the handshake |
 * | `agent_version` | `version` | the agent is that version in sessions started from now on, whatever the service has on record |
 * | `slow_dial` | `ms` | the agent takes that long for each connection to a target |
 * | `clock_skew` | `ms` | the services' clock is that far ahead (or behind, below 0) |
 *
 * `count` and `probability` count messages, requests or connections, whatever the fault strikes. The
 * random choices of `drop` and its like depend on `seed` and the order of messages alone.
 *
 * @module
 */
import type { ServiceName } from "../aws/api_error.ts";

/** Where a fault strikes. */
export interface FaultScope {
  /** Instance id or Name. */
  instance?: string;
  session?: string;
}

/** Which API requests a fault strikes. */
interface ApiScope {
  service?: ServiceName;
  operation?: string;
}

/** How often a lasting fault strikes before it ends by itself. */
interface Counted {
  count?: number;
}

export type Direction = "to_client" | "to_agent" | "both";

/**
 * - `random_bytes`: 200 of them.
 * - `short`: the first 40 bytes of a data message.
 * - `truncated`: a data message that ends inside its payload.
 * - `wrong_digest`: a data message whose digest belongs to other bytes.
 * - `oversized_header_length`: a HeaderLength far behind the end of the message.
 * - `unknown_message_type`: a well-formed message of a type that does not exist.
 * - `empty`: a binary message of no bytes.
 */
export const GARBAGE_KINDS = [
  "random_bytes",
  "short",
  "truncated",
  "wrong_digest",
  "oversized_header_length",
  "unknown_message_type",
  "empty",
] as const;
export type GarbageKind = typeof GARBAGE_KINDS[number];

interface Chance {
  /** 0 to 1. */
  probability: number;
  seed?: number;
}

export type ImmediateFault =
  & (
    | { fault: "cut" }
    | { fault: "close"; code?: number; reason?: string }
    | { fault: "garbage"; kind: GarbageKind; times?: number }
    | { fault: "pause_publication" | "start_publication"; to?: "client" | "agent" }
    | { fault: "end_session"; output?: string }
  )
  & FaultScope;

/** Faults of single messages on the data channel. */
export type MessageFault =
  & (
    | ({ fault: "drop" | "duplicate" | "reorder"; direction?: Direction } & Chance)
    | ({ fault: "corrupt" } & Chance)
    | ({ fault: "lose_acks"; direction?: Direction } & Partial<Chance>)
    | { fault: "delay"; ms: number; direction?: Direction }
  )
  & Counted
  & FaultScope;

export type LastingFault =
  | MessageFault
  | (
    & (
      | { fault: "refuse_resume"; code?: string; status?: number }
      | { fault: "resume_without_token" }
      | { fault: "refuse_upgrade"; status?: number }
      | { fault: "close_at_once"; code?: number }
      | { fault: "hang_upgrade" }
      | { fault: "silence_handshake"; stage?: "request" | "complete" }
      | { fault: "agent_version"; version: string }
      | { fault: "slow_dial"; ms: number }
    )
    & Counted
    & FaultScope
  )
  | ({ fault: "blackhole" } & FaultScope)
  | { fault: "gateway_down" }
  | (
    & (
      | { fault: "hang_api" }
      | { fault: "html_answer" }
      | { fault: "delay_api"; ms: number }
      | { fault: "api_error"; code: string; status?: number; message?: string }
    )
    & ApiScope
    & Counted
  )
  | { fault: "deny"; actions: string[]; resource?: string }
  | { fault: "clock_skew"; ms: number };

export type ExpireCredentials = { fault: "expire_credentials"; user_key?: boolean };

export type Fault = ImmediateFault | LastingFault | ExpireCredentials;
export type FaultName = Fault["fault"];

/** A fault that is on. */
export interface ActiveFault {
  id: number;
  fault: LastingFault | ExpireCredentials;
  /** Strikes left; `undefined` when there is no limit. */
  remaining: number | undefined;
  /** Strikes so far. */
  strikes: number;
}

/** What asking for a fault did. */
export interface FaultResult {
  /** Of a lasting fault: what to clear it by. */
  id?: number;
  /** Of an immediate one: sessions struck, or keys that expired. */
  affected?: number;
}
