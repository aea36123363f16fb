/**
 * The SSM calls of a session. Heavy: imported when the first one is made.
 *
 * @module
 */

import {
  ResumeSessionCommand,
  SSMClient,
  StartSessionCommand,
  TerminateSessionCommand,
} from "@aws-sdk/client-ssm";
import type { Answered } from "./call.ts";
import type { ClientSettings } from "./client_settings.ts";
import type { StartSessionRequest } from "./contracts.ts";

/** The members of an answer that opens a data channel; the service may leave out any. */
export interface GrantAnswer extends Answered {
  SessionId?: string | undefined;
  StreamUrl?: string | undefined;
  TokenValue?: string | undefined;
}

/** An SSM client reduced to three calls. Failures are the SDK's. */
export class SsmCalls {
  readonly #client: SSMClient;

  constructor(settings: ClientSettings) {
    this.#client = new SSMClient({ ...settings });
  }

  /** What to add to this computer's clock to get AWS's, learned from answers; 0 before the first. */
  get clockOffsetMs(): number {
    return this.#client.config.systemClockOffset;
  }

  startSession(request: StartSessionRequest, signal: AbortSignal): Promise<GrantAnswer> {
    const command = new StartSessionCommand({
      Target: request.target,
      DocumentName: request.documentName,
      Parameters: request.parameters,
      ...(request.reason === undefined ? {} : { Reason: request.reason }),
    });
    return this.#client.send(command, { abortSignal: signal });
  }

  resumeSession(sessionId: string, signal: AbortSignal): Promise<GrantAnswer> {
    return this.#client.send(new ResumeSessionCommand({ SessionId: sessionId }), {
      abortSignal: signal,
    });
  }

  terminateSession(
    sessionId: string,
    signal: AbortSignal,
  ): Promise<Answered> {
    return this.#client.send(new TerminateSessionCommand({ SessionId: sessionId }), {
      abortSignal: signal,
    });
  }

  destroy(): void {
    this.#client.destroy();
  }
}
