/**
 * A terminal joined to a shell on the instance.
 *
 * @module
 */
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
import { type ShellTerminal, TerminalForwarder } from "./terminal_forwarder.ts";

export interface ShellSideOptions {
  /** Stays the caller's. The input is not read before the session is ready. */
  terminal: ShellTerminal;
  /** Undefined: the account's own, with its preferences. */
  document: string | undefined;
  newDataKey: NewDataKey;
}

/** Facts of a session that leads to no port. */
export function portlessFacts(kind: "shell" | "exec"): LocalFacts {
  return { kind, bind: "", localPort: 0, remoteHost: undefined, remotePort: 0 };
}

export class ShellSide implements LocalSide<ShellHandshake> {
  /** Another session is another shell: what ran in this one would be gone. */
  readonly canRestart = false;
  readonly facts = portlessFacts("shell");
  readonly #options: ShellSideOptions;
  #forwarder: TerminalForwarder | undefined;

  constructor(options: ShellSideOptions) {
    this.#options = options;
  }

  request(about: { instanceId: string; reason: string | undefined }): StartSessionRequest {
    const { document } = this.#options;
    return {
      target: about.instanceId,
      ...(document === undefined ? {} : { documentName: document }),
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
    const { terminal } = this.#options;
    this.#forwarder = new TerminalForwarder(channel, { terminal, handshake }, options);
    // A shell's plugin looks at output and size alone (agent shell.go InputStreamMessageHandler).
    return { forwarder: this.#forwarder, mode: "stdio", hasTerminateFlag: false };
  }

  /** Resolves when everything that came is written, or never will be. */
  async flushed(): Promise<void> {
    await this.#forwarder?.flushed();
  }

  close(): void {
    // The terminal is the caller's.
  }
}
