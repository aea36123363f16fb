/**
 * One command on the instance, without a terminal.
 *
 * @module
 */
import { CommandForwarder, type CommandStreams } from "./command_forwarder.ts";
import type { NewDataKey, StartSessionRequest } from "./contracts.ts";
import type { ForwarderOptions } from "./forwarder.ts";
import type {
  AttachedChannel,
  Attachment,
  LocalFacts,
  LocalSide,
  StartedSession,
} from "./local_side.ts";
import { performShellHandshake, type ShellHandshake } from "./shell_handshake.ts";
import { portlessFacts } from "./shell_side.ts";

/** AWS's document for it. */
export const COMMAND_DOCUMENT = "AWS-StartNonInteractiveCommand";

export interface CommandSideOptions {
  /** As the agent splits it into words. */
  command: string;
  /** Stay the caller's. */
  streams: CommandStreams;
  newDataKey: NewDataKey;
}

export class CommandSide implements LocalSide<ShellHandshake> {
  /** A command is never run twice. */
  readonly canRestart = false;
  readonly facts: LocalFacts = portlessFacts("exec");
  readonly #options: CommandSideOptions;
  #forwarder: CommandForwarder | undefined;

  constructor(options: CommandSideOptions) {
    this.#options = options;
  }

  /** Of the command; undefined while it runs, and of agents that do not tell. */
  get exitCode(): number | undefined {
    return this.#forwarder?.exitCode;
  }

  /** False when the session was ended because nobody reads what the command writes. */
  get hasReader(): boolean {
    return this.#forwarder?.hasReader ?? true;
  }

  request(about: { instanceId: string; reason: string | undefined }): StartSessionRequest {
    return {
      target: about.instanceId,
      documentName: COMMAND_DOCUMENT,
      // Without it, all output comes when the command has ended, as one, and no status.
      parameters: { command: [this.#options.command], separateOutputStream: ["true"] },
      ...(about.reason === undefined ? {} : { reason: about.reason }),
    };
  }

  agree(session: StartedSession, signal: AbortSignal): Promise<ShellHandshake> {
    return performShellHandshake(session, this.#options.newDataKey, signal);
  }

  attach(
    { channel, handshake }: AttachedChannel<ShellHandshake>,
    options: ForwarderOptions,
  ): Attachment {
    const { streams } = this.#options;
    this.#forwarder = new CommandForwarder(channel, { streams, handshake }, options);
    return { forwarder: this.#forwarder, mode: "stdio", hasTerminateFlag: false };
  }

  interrupt(): void {
    this.#forwarder?.interrupt();
  }

  /** Resolves when everything that came is written, or never will be. */
  async flushed(): Promise<void> {
    await this.#forwarder?.flushed();
  }

  close(): void {
    // The streams are the caller's.
  }
}
