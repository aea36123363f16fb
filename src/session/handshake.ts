/**
 * Runs the handshake of a port session over a data channel.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import {
  ACTION_STATUS,
  answerHandshake,
  CLIENT_VERSION,
  encodeHandshakeResponse,
  parseHandshakeComplete,
  parseHandshakeRequest,
  PAYLOAD_TYPE,
  type PortProperties,
  ProtocolError,
} from "../protocol/mod.ts";
import type { DataChannel } from "./data_channel.ts";

/** What both sides agreed on, whatever the session is for. */
export interface AgreedHandshake {
  /** Empty where the agent never told. */
  agentVersion: string;
  /** Text for the person, or empty. */
  customerMessage: string;
}

/** The same of a session that forwards a port. */
export interface PortHandshake extends AgreedHandshake {
  properties: PortProperties;
}

/**
 * Answers the agent until it says the handshake is complete. Payloads that follow wait in the channel
 * for the next handler.
 *
 * @throws {AppError} `protocol` when the agent wants something else than a port session, or sends
 * something that is not a handshake; whatever `signal` was aborted with.
 */
export function performPortHandshake(
  channel: DataChannel,
  signal: AbortSignal,
): Promise<PortHandshake> {
  return new Promise((resolve, reject) => {
    let agentVersion = "";
    let properties: PortProperties | undefined;

    const finish = (settle: () => void) => {
      channel.handlePayloads(undefined);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const fail = (error: unknown) => finish(() => reject(error));
    const onAbort = () => fail(signal.reason);
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });

    const onRequest = (payload: Uint8Array) => {
      const request = parseHandshakeRequest(payload);
      const answer = answerHandshake(request);
      agentVersion = request.agentVersion;
      properties = answer.port;
      channel.send(
        PAYLOAD_TYPE.handshakeResponse,
        encodeHandshakeResponse(CLIENT_VERSION, answer.processed),
      );
      const refused = answer.processed.find((a) => a.actionStatus !== ACTION_STATUS.success);
      if (refused !== undefined || properties === undefined) {
        fail(
          new AppError("protocol", "Handshake with the agent: the session cannot forward a port", {
            why: refused?.error ??
              `The document's session type is ${answer.sessionType ?? "not set"}`,
            hint: "Use a document whose session type is Port",
          }),
        );
      }
    };

    channel.handlePayloads((payloadType, payload) => {
      try {
        switch (payloadType) {
          case PAYLOAD_TYPE.handshakeRequest:
            return onRequest(payload);
          case PAYLOAD_TYPE.handshakeComplete: {
            const { customerMessage } = parseHandshakeComplete(payload);
            if (properties === undefined) {
              throw new ProtocolError("payload_malformed", "completed before it was requested");
            }
            const agreed = { agentVersion, properties, customerMessage };
            return finish(() => resolve(agreed));
          }
          case PAYLOAD_TYPE.output:
            return fail(
              new AppError("protocol", "Handshake with the agent: it started a shell instead", {
                hint: "Use a document whose session type is Port",
              }),
            );
          default:
            // Not a part of the handshake of a port session: acknowledged, nothing to do.
            return;
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        fail(
          new AppError("protocol", `Handshake with the agent: ${error.message}`, { cause: error }),
        );
      }
    });
  });
}
