/**
 * The session's three calls, checked and in our words.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { Answered } from "./call.ts";
import type { EnvLookup, SessionGrant, SessionService } from "./contracts.ts";
import { withMessagesEndpoint } from "./endpoints.ts";
import { SessionGoneError } from "./known_errors.ts";
import type { GrantAnswer, SsmCalls } from "./ssm_calls.ts";

/** What the service is built on. */
export interface SessionCalls {
  ssm(): Promise<SsmCalls>;
  /** Makes one SSM call; failures come translated. */
  call<T extends Answered>(
    about: { operation: string; target: string; signal: AbortSignal },
    send: () => Promise<T>,
  ): Promise<T>;
  env: EnvLookup;
}

export function createSessionService({ ssm, call, env }: SessionCalls): SessionService {
  /** The last address of each session: ResumeSession may leave it out. */
  const streamUrls = new Map<string, string>();
  const accept = (answer: GrantAnswer, about: { operation: string; target: string }) => {
    const grant = grantOf(answer, about, env);
    streamUrls.set(grant.sessionId, grant.streamUrl);
    return grant;
  };
  return {
    async startSession(request, signal) {
      const about = { operation: "StartSession", target: request.target, signal };
      const send = async () => await (await ssm()).startSession(request, signal);
      return accept(await call(about, send), about);
    },

    async resumeSession(sessionId, signal) {
      const about = { operation: "ResumeSession", target: sessionId, signal };
      const send = async () => await (await ssm()).resumeSession(sessionId, signal);
      try {
        const answer = await call(about, send);
        // The service says "it has ended" with an answer that has no token (plugin
        // sessionhandler.go GetResumeSessionParams).
        if (answer.SessionId && !answer.TokenValue) return undefined;
        return accept(
          { ...answer, StreamUrl: answer.StreamUrl || streamUrls.get(sessionId) },
          about,
        );
      } catch (error) {
        if (error instanceof SessionGoneError) return undefined;
        throw error;
      }
    },

    async terminateSession(sessionId, signal) {
      const about = { operation: "TerminateSession", target: sessionId, signal };
      const send = async () => await (await ssm()).terminateSession(sessionId, signal);
      try {
        await call(about, send);
      } catch (error) {
        if (!(error instanceof SessionGoneError)) throw error;
      }
    },
  };
}

/** @throws {AppError} `protocol` when a member is missing or the address is no WebSocket one. */
function grantOf(
  answer: GrantAnswer,
  about: { operation: string; target: string },
  env: EnvLookup,
): SessionGrant {
  const { SessionId: sessionId, StreamUrl: streamUrl, TokenValue: tokenValue } = answer;
  const refuse = (why: string) =>
    new AppError("protocol", `Cannot use the answer to ${about.operation}: ${why}`, {
      why: "It does not follow the API, so something other than Systems Manager may have sent it",
      hint: "Check --endpoint-url and AWS_ENDPOINT_URL, and any proxy",
    });
  if (!sessionId) throw refuse("it has no SessionId");
  if (!streamUrl) throw refuse("it has no StreamUrl");
  if (!tokenValue) throw refuse("it has no TokenValue");
  if (!/^wss?:\/\/[^/?#]+/i.test(streamUrl) || !URL.canParse(streamUrl)) {
    throw refuse("its StreamUrl is no WebSocket address");
  }
  return { sessionId, streamUrl: withMessagesEndpoint(streamUrl, env), tokenValue };
}
