/**
 * The SSM calls about sessions and agents. Heavy: imported when the first one is made.
 *
 * @module
 */

import {
  DescribeInstanceInformationCommand,
  type DescribeInstanceInformationCommandOutput,
  DescribeSessionsCommand,
  type DescribeSessionsCommandOutput,
  GetDocumentCommand,
  type GetDocumentCommandOutput,
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

/** The largest page that DescribeInstanceInformation gives. */
const NODE_PAGE_SIZE = 50;

/** An SSM client reduced to the calls that are made. Failures are the SDK's. */
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
      ...(request.documentName === undefined ? {} : { DocumentName: request.documentName }),
      ...(request.parameters === undefined ? {} : { Parameters: request.parameters }),
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

  /**
   * One page of the sessions that are active, of one owner.
   *
   * @param owner ARN of who started them.
   * @param token Of the page before; undefined for the first.
   */
  activeSessions(
    owner: string,
    { token, signal }: { token: string | undefined; signal: AbortSignal },
  ): Promise<DescribeSessionsCommandOutput> {
    const command = new DescribeSessionsCommand({
      State: "Active",
      Filters: [{ key: "Owner", value: owner }],
      ...(token === undefined ? {} : { NextToken: token }),
    });
    return this.#client.send(command, { abortSignal: signal });
  }

  /**
   * One page of the nodes that have registered, or what one of them has reported.
   *
   * @param token Of the page before; undefined for the first.
   */
  instanceInformation(
    { instanceId, token, signal }: {
      instanceId?: string;
      token?: string | undefined;
      signal: AbortSignal;
    },
  ): Promise<DescribeInstanceInformationCommandOutput> {
    const command = new DescribeInstanceInformationCommand({
      MaxResults: NODE_PAGE_SIZE,
      ...(instanceId === undefined
        ? {}
        : { Filters: [{ Key: "InstanceIds", Values: [instanceId] }] }),
      ...(token === undefined ? {} : { NextToken: token }),
    });
    return this.#client.send(command, { abortSignal: signal });
  }

  /** A document's default version. */
  getDocument(name: string, signal: AbortSignal): Promise<GetDocumentCommandOutput> {
    return this.#client.send(new GetDocumentCommand({ Name: name }), { abortSignal: signal });
  }

  destroy(): void {
    this.#client.destroy();
  }
}
