/**
 * The calls of Systems Manager that fixes make. Heavy: imported by the first of them.
 *
 * @module
 */

import {
  GetCommandInvocationCommand,
  GetConnectionStatusCommand,
  SendCommandCommand,
  SSMClient,
  TerminateSessionCommand,
} from "@aws-sdk/client-ssm";

export { SSMClient as Client };

export const COMMANDS = {
  GetCommandInvocation: GetCommandInvocationCommand,
  GetConnectionStatus: GetConnectionStatusCommand,
  SendCommand: SendCommandCommand,
  TerminateSession: TerminateSessionCommand,
};
