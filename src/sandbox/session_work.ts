/**
 * What a session is for, as its document and the account's preferences say it to the agent.
 *
 * Source: protocol text §1.3; agent contracts ShellProperties, port.go PortParameters.
 *
 * @module
 */

/** The document's properties for the port plugin. All values are strings, ports included. */
export interface PortProperties {
  readonly [name: string]: string;
}

export type SessionWork =
  /** Forwards a port. */
  | { readonly kind: "port"; readonly properties: PortProperties }
  /** A shell on a terminal. `profile` is typed into it when it starts; empty for nothing. */
  | { readonly kind: "shell"; readonly profile: string }
  /** One command on a terminal. */
  | { readonly kind: "interactive"; readonly command: string }
  /** One command without a terminal. */
  | { readonly kind: "command"; readonly command: string; readonly output: CommandOutput };

/** How the output of a command without a terminal is sent. */
export interface CommandOutput {
  /** Standard output and error apart, as they come, and the exit code behind them. */
  readonly isSeparate: boolean;
  /** Set in front of pieces of each stream; only where they are separate. */
  readonly stdoutPrefix: string;
  readonly stderrPrefix: string;
}

/** As the handshake names it. Source: agent appconfig/constants.go. */
export type SessionType =
  | "Port"
  | "Standard_Stream"
  | "InteractiveCommands"
  | "NonInteractiveCommands";

const TYPES: Readonly<Record<SessionWork["kind"], SessionType>> = {
  port: "Port",
  shell: "Standard_Stream",
  interactive: "InteractiveCommands",
  command: "NonInteractiveCommands",
};

export function sessionTypeOf(work: SessionWork): SessionType {
  return TYPES[work.kind];
}

/** Whose identity shells and commands get, and how they are encrypted. */
export interface ShellSettings {
  /** Key id, ARN or alias of the key that encrypts; empty for none. */
  readonly kmsKeyId: string;
  /** The user to become; `undefined` when the preferences leave that to the agent. */
  readonly runAs: string | undefined;
}
