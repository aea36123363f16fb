/**
 * The session documents: what each takes, and the properties that it gives the agent.
 *
 * Source: protocol text §1.3; parameter patterns as in the public documents of those names.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";

/** What the agent is told to run. All values are strings, ports included. */
export interface PortProperties {
  readonly [name: string]: string;
}

interface Parameter {
  pattern: RegExp;
  /** `undefined`: must be given. */
  default: string | undefined;
}

interface PortDocument {
  parameters: Readonly<Record<string, Parameter>>;
  /** What the document itself adds. */
  fixed: Readonly<Record<string, string>>;
}

const PORT = /^([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
const PORT_OR_0 = /^(0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
const HOST = /^[^,$^&();!'"<>`{}[\]|#=\s]{3,}$/;

const PORT_FORWARDING = {
  portNumber: { pattern: PORT, default: "80" },
  localPortNumber: { pattern: PORT_OR_0, default: "0" },
};

const PORT_DOCUMENTS: Readonly<Record<string, PortDocument>> = {
  "AWS-StartPortForwardingSession": {
    parameters: PORT_FORWARDING,
    fixed: { type: "LocalPortForwarding" },
  },
  "AWS-StartPortForwardingSessionToRemoteHost": {
    parameters: { ...PORT_FORWARDING, host: { pattern: HOST, default: "localhost" } },
    fixed: { type: "LocalPortForwarding" },
  },
  "AWS-StartSSHSession": {
    parameters: { portNumber: { pattern: PORT, default: "22" } },
    fixed: {},
  },
};

/** Documents of the service that need a shell on the instance. */
const SHELL_DOCUMENTS: readonly string[] = [
  "SSM-SessionManagerRunShell",
  "AWS-StartInteractiveCommand",
  "AWS-StartNonInteractiveCommand",
];

const DEFAULT_DOCUMENT = "SSM-SessionManagerRunShell";
const REMOTE_HOST_DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost";

/** What StartSession asked, checked. */
export interface SessionPlan {
  documentName: string;
  properties: PortProperties;
  /** The agent needs the remote-host feature. */
  needsRemoteHost: boolean;
}

/**
 * Checks document and parameters.
 *
 * @throws {ApiError} `InvalidDocument`, or `InvalidParameters`; the API's model names only the first,
 * and the service's code for a bad parameter is inferred from its other operations.
 */
export function planSession(
  documentName: string | undefined,
  parameters: ReadonlyMap<string, readonly string[]>,
): SessionPlan {
  const name = documentName ?? DEFAULT_DOCUMENT;
  if (SHELL_DOCUMENTS.includes(name)) {
    throw new ApiError(
      "InvalidDocument",
      `Document ${name} cannot be used here: the agents of this sandbox forward ports, ` +
        "they have no shell",
    );
  }
  const document = Object.hasOwn(PORT_DOCUMENTS, name) ? PORT_DOCUMENTS[name] : undefined;
  if (document === undefined) {
    throw new ApiError("InvalidDocument", `Document with name ${name} does not exist.`);
  }
  for (const given of parameters.keys()) {
    if (!Object.hasOwn(document.parameters, given)) {
      throw new ApiError("InvalidParameters", `Document ${name} has no parameter ${given}`);
    }
  }
  const properties: Record<string, string> = {};
  for (const [key, parameter] of Object.entries(document.parameters)) {
    properties[key] = valueOf(key, parameter, parameters.get(key));
  }
  return {
    documentName: name,
    properties: { ...properties, ...document.fixed },
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
