/**
 * The call of STS that facts are read with. Heavy: imported by the first of them.
 *
 * @module
 */

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

export { STSClient as Client };

export const COMMANDS = { GetCallerIdentity: GetCallerIdentityCommand };
