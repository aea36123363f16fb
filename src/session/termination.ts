/**
 * Tells the other side that a session is over: the agent by a flag, the service by its API.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import type { Clock } from "../platform/mod.ts";
import { encodeFlag, FLAG, PAYLOAD_TYPE } from "../protocol/mod.ts";
import type { SessionService } from "./contracts.ts";
import type { DataChannel } from "./data_channel.ts";
import { withDeadline } from "./deadline.ts";

/** How long the agent may take to acknowledge the end. Its own limit for its last messages is 2 s. */
const FLAG_TIMEOUT_MS = 1_500;
const API_TIMEOUT_MS = 5_000;

/** Sends the flag behind everything else and waits for its acknowledgement, not for ever. */
export async function sendTerminateFlag(channel: DataChannel): Promise<void> {
  if (!channel.isConnected) return;
  channel.send(PAYLOAD_TYPE.flag, encodeFlag(FLAG.terminateSession));
  await channel.settle(FLAG_TIMEOUT_MS);
}

/** Calls TerminateSession. @throws {AppError} When it fails or takes too long. */
export function callTerminate(
  service: SessionService,
  options: { sessionId: string; clock: Clock },
): Promise<void> {
  return withDeadline((signal) => service.terminateSession(options.sessionId, signal), {
    clock: options.clock,
    timeoutMs: API_TIMEOUT_MS,
    // Nothing ends the end.
    signal: new AbortController().signal,
    timeoutError: () => new AppError("network", "no answer"),
  });
}
