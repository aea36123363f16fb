/**
 * An agent of shells and commands, played by a test, with the key of an encrypted session.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { NONCE_BYTES, PAYLOAD_TYPE, SessionCipher } from "../../src/protocol/mod.ts";
import type { DataKey, NewDataKey } from "../../src/session/contracts.ts";
import { utf8 } from "./hex.ts";
import { type AgentScript, NEW_AGENT, type ScriptedAgent } from "./scripted_agent.ts";

const DATA_KEY = Uint8Array.from({ length: 64 }, (_, index) => index);
const ENCRYPTED_KEY = utf8("the key, encrypted");
const KEY_ID = "arn:aws:kms:us-east-1:111122223333:key/1";

/** The agent's side of a cipher: the halves the other way round. */
export function agentCipher(): SessionCipher {
  const halves = new Uint8Array([...DATA_KEY.subarray(32), ...DATA_KEY.subarray(0, 32)]);
  return new SessionCipher(halves, () => crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

/** A KMS that gives the one key, and remembers what it was asked. */
export class FakeKms {
  readonly asked: Parameters<NewDataKey>[0][] = [];
  failure: unknown;

  readonly newDataKey: NewDataKey = (request): Promise<DataKey> => {
    this.asked.push(request);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return Promise.resolve({ plaintext: DATA_KEY.slice(), encrypted: ENCRYPTED_KEY });
  };
}

/** Asks for a session of this type, and for a key with or without the newer challenge. */
export function requestShell(
  agent: ScriptedAgent,
  { sessionType = "Standard_Stream", challenge }: { sessionType?: string; challenge?: string } = {},
): void {
  agent.sendJson(PAYLOAD_TYPE.handshakeRequest, {
    AgentVersion: NEW_AGENT,
    RequestedClientActions: [
      {
        ActionType: "SessionType",
        ActionParameters: { SessionType: sessionType, Properties: null },
      },
      ...(challenge === undefined ? [] : [{
        ActionType: "KMSEncryption",
        ActionParameters: {
          KMSKeyId: KEY_ID,
          ...(challenge === "" ? {} : { Challenge: challenge }),
        },
      }]),
    ],
  });
}

/** An agent whose session is encrypted: it completes the handshake when the challenge is answered. */
export function encryptedShell(challenge = ""): AgentScript {
  return {
    properties: {},
    onStart: (agent) => requestShell(agent, { challenge }),
    onResponse: (agent) => void askForKey(agent),
    onBytes: () => {},
  };
}

async function askForKey(agent: ScriptedAgent): Promise<void> {
  const cipher = agentCipher();
  const random = crypto.getRandomValues(new Uint8Array(64));
  agent.sendJson(PAYLOAD_TYPE.encChallengeRequest, {
    Challenge: Buffer.from(cipher.encrypt(random)).toString("base64"),
  });
  const answer = () =>
    agent.taken.find(({ payloadType }) => payloadType === PAYLOAD_TYPE.encChallengeResponse);
  await agent.when(() => answer() !== undefined);
  const { Challenge } = JSON.parse(new TextDecoder().decode(answer()!.payload));
  const same = Buffer.from(cipher.decrypt(Buffer.from(Challenge, "base64")));
  // A wrong answer is met with silence, as by the real one.
  if (same.equals(random)) agent.completeHandshake();
}
