/**
 * What StartSession is asked for a forward, and what the agent's answer allows.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { agentFeatures, REMOTE_HOST_AGENT_VERSION } from "../protocol/mod.ts";
import type { Forward, StartSessionRequest } from "./contracts.ts";
import type { PortHandshake } from "./handshake.ts";

/** The property that makes a port session multiplexed; any other is a single byte stream. */
const MUX_TYPE = "LocalPortForwarding";

/** The document and its parameters, all of them text. */
export function startRequest(
  forward: Forward,
  facts: { instanceId: string; localPort: number; reason: string | undefined },
): StartSessionRequest {
  const { remoteHost, remotePort } = forward;
  const ports = { portNumber: [String(remotePort)], localPortNumber: [String(facts.localPort)] };
  return {
    target: facts.instanceId,
    ...(remoteHost === undefined
      ? { documentName: "AWS-StartPortForwardingSession", parameters: ports }
      : {
        documentName: "AWS-StartPortForwardingSessionToRemoteHost",
        parameters: { ...ports, host: [remoteHost] },
      }),
    ...(facts.reason === undefined ? {} : { reason: facts.reason }),
  };
}

/** How to forward over the session that was agreed on. */
export interface ForwardingMode {
  mode: "mux" | "basic";
  needsSmuxKeepAlive: boolean;
  hasTerminateFlag: boolean;
}

/** @throws {AppError} `target` when the agent is too old for a remote host. */
export function forwardingMode(
  { agentVersion, properties }: PortHandshake,
  facts: { instanceId: string; remoteHost: string | undefined },
): ForwardingMode {
  const features = agentFeatures(agentVersion);
  const { instanceId, remoteHost } = facts;
  if (remoteHost !== undefined && !features.hasRemoteHost) {
    throw new AppError(
      "target",
      `Forwarding to ${remoteHost}: the agent on ${instanceId} is too old`,
      {
        why: `It is ${agentVersion}; remote hosts need ${REMOTE_HOST_AGENT_VERSION} or later`,
        hint: "Update the SSM agent: aws ssm send-command --document-name AWS-UpdateSSMAgent " +
          `--targets Key=InstanceIds,Values=${instanceId}`,
      },
    );
  }
  const isMux = properties.type === MUX_TYPE && features.hasMultiplexing;
  return {
    mode: isMux ? "mux" : "basic",
    needsSmuxKeepAlive: features.needsSmuxKeepAlive,
    hasTerminateFlag: features.hasTerminateFlag,
  };
}
