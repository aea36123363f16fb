/**
 * The session documents: what each takes, and what it tells the agent to do.
 *
 * Source: protocol text §1.3; parameters and patterns as in the public documents of those names.
 *
 * @module
 */
import type { SessionPreferences } from "../cloud/preferences.ts";
import type { SessionWork } from "../session_work.ts";
import { ApiError } from "./api_error.ts";

interface Parameter {
  pattern: RegExp;
  /** `undefined`: must be given. */
  default: string | undefined;
}

type Values = Readonly<Record<string, string>>;

interface SessionDocument {
  parameters: Readonly<Record<string, Parameter>>;
  work(values: Values, preferences: SessionPreferences | undefined): SessionWork;
}

const PORT = /^([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
const PORT_OR_0 = /^(0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
const HOST = /^[^,$^&();!'"<>`{}[\]|#=\s]{3,}$/;
const ANYTHING = /^/;
const BOOLEAN = /^(true|false)$/;
/** Source: agent shell.go, which checks it too. */
const PREFIX = /^[0-9a-zA-Z\r\n_:-]{0,30}$/;

const PORT_FORWARDING = {
  portNumber: { pattern: PORT, default: "80" },
  localPortNumber: { pattern: PORT_OR_0, default: "0" },
};

/** Typed into a shell, or split into words: the agent checks it, the document does not. */
const COMMAND = { pattern: ANYTHING, default: undefined };

export const DEFAULT_DOCUMENT = "SSM-SessionManagerRunShell";
const REMOTE_HOST_DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost";

const forwarding = (values: Values): SessionWork => ({
  kind: "port",
  properties: { ...values, type: "LocalPortForwarding" },
});

const DOCUMENTS: Readonly<Record<string, SessionDocument>> = {
  [DEFAULT_DOCUMENT]: {
    parameters: {},
    work: (_values, preferences) => ({
      kind: "shell",
      profile: preferences?.shellProfile ?? "",
    }),
  },
  "AWS-StartInteractiveCommand": {
    parameters: { command: COMMAND },
    work: (values) => ({ kind: "interactive", command: values["command"]! }),
  },
  "AWS-StartNonInteractiveCommand": {
    parameters: {
      command: COMMAND,
      separateOutputStream: { pattern: BOOLEAN, default: "false" },
      stdoutSeparatorPrefix: { pattern: PREFIX, default: "" },
      stderrSeparatorPrefix: { pattern: PREFIX, default: "" },
    },
    work: (values) => ({
      kind: "command",
      command: values["command"]!,
      output: {
        isSeparate: values["separateOutputStream"] === "true",
        stdoutPrefix: values["stdoutSeparatorPrefix"]!,
        stderrPrefix: values["stderrSeparatorPrefix"]!,
      },
    }),
  },
  "AWS-StartPortForwardingSession": { parameters: PORT_FORWARDING, work: forwarding },
  [REMOTE_HOST_DOCUMENT]: {
    parameters: { ...PORT_FORWARDING, host: { pattern: HOST, default: "localhost" } },
    work: forwarding,
  },
  "AWS-StartSSHSession": {
    parameters: { portNumber: { pattern: PORT, default: "22" } },
    work: (properties) => ({ kind: "port", properties }),
  },
};

/** What StartSession asked, checked. */
export interface SessionPlan {
  documentName: string;
  work: SessionWork;
  /** The agent needs the remote-host feature. */
  needsRemoteHost: boolean;
}

/**
 * Checks document and parameters.
 *
 * @param preferences Those of the Region; `undefined` where none were ever saved.
 * @throws {ApiError} `InvalidDocument`, or `InvalidParameters`; the API's model names only the first,
 * and the service's code for a bad parameter is inferred from its other operations.
 */
export function planSession(
  documentName: string | undefined,
  parameters: ReadonlyMap<string, readonly string[]>,
  preferences: SessionPreferences | undefined,
): SessionPlan {
  const name = documentName ?? DEFAULT_DOCUMENT;
  const document = Object.hasOwn(DOCUMENTS, name) ? DOCUMENTS[name] : undefined;
  if (document === undefined) {
    throw new ApiError("InvalidDocument", `Document with name ${name} does not exist.`);
  }
  for (const given of parameters.keys()) {
    if (!Object.hasOwn(document.parameters, given)) {
      throw new ApiError("InvalidParameters", `Document ${name} has no parameter ${given}`);
    }
  }
  const values: Record<string, string> = {};
  for (const [key, parameter] of Object.entries(document.parameters)) {
    values[key] = valueOf(key, parameter, parameters.get(key));
  }
  return {
    documentName: name,
    work: document.work(values, preferences),
    needsRemoteHost: name === REMOTE_HOST_DOCUMENT,
  };
}

function valueOf(
  name: string,
  parameter: Parameter,
  values: readonly string[] | undefined,
): string {
  if (values === undefined && parameter.default !== undefined) return parameter.default;
  const value = values?.length === 1 ? values[0]! : undefined;
  if (value === undefined) {
    throw new ApiError("InvalidParameters", `Parameter ${name} must have exactly one value`);
  }
  if (parameter.pattern.test(value)) return value;
  throw new ApiError("InvalidParameters", `Parameter ${name} has an invalid value: ${value}`);
}
