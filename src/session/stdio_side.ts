/**
 * Two local streams joined to a port of the instance: what ssh wants of its `ProxyCommand`.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { agentFeatures } from "../protocol/mod.ts";
import type { StartSessionRequest } from "./contracts.ts";
import type { ForwarderOptions } from "./forwarder.ts";
import { performPortHandshake, type PortHandshake } from "./handshake.ts";
import type {
  AttachedChannel,
  Attachment,
  LocalFacts,
  LocalSide,
  StartedSession,
} from "./local_side.ts";
import { type StandardStreams, StdioForwarder } from "./stdio_forwarder.ts";

export class StdioSide implements LocalSide<PortHandshake> {
  /** The two ends of ssh share secrets that a new connection to the server would not know. */
  readonly canRestart = false;
  readonly facts: LocalFacts;
  readonly #streams: StandardStreams;
  #forwarder: StdioForwarder | undefined;

  /** @param streams Stay the caller's. The input is not read before the session is ready. */
  constructor(remotePort: number, streams: StandardStreams) {
    this.#streams = streams;
    this.facts = { kind: "ssh", bind: "", localPort: 0, remoteHost: undefined, remotePort };
  }

  request(about: { instanceId: string; reason: string | undefined }): StartSessionRequest {
    return {
      target: about.instanceId,
      documentName: "AWS-StartSSHSession",
      parameters: { portNumber: [String(this.facts.remotePort)] },
      ...(about.reason === undefined ? {} : { reason: about.reason }),
    };
  }

  agree({ channel }: StartedSession, signal: AbortSignal): Promise<PortHandshake> {
    return performPortHandshake(channel, signal);
  }

  /** @throws {AppError} `protocol` when the document is one of a forwarded port. */
  attach(
    { channel, handshake }: AttachedChannel<PortHandshake>,
    options: ForwarderOptions,
  ): Attachment {
    const { type } = handshake.properties;
    if (type !== "") {
      throw new AppError("protocol", "Starting the session: it is not one of a byte stream", {
        why: `The document has the type "${type}"; a document for ssh has none`,
        hint: "Check what AWS-StartSSHSession is in this account",
      });
    }
    this.#forwarder = new StdioForwarder(channel, this.#streams, options);
    const { hasTerminateFlag } = agentFeatures(handshake.agentVersion);
    return { forwarder: this.#forwarder, mode: "stdio", hasTerminateFlag };
  }

  /** Resolves when everything that the peer sent is written, or never will be. */
  async flushed(): Promise<void> {
    await this.#forwarder?.flushed();
  }

  close(): void {
    // The streams are the process's.
  }
}
