/**
 * The call of EC2 Instance Connect. Heavy: imported when it is made.
 *
 * @module
 */

import {
  EC2InstanceConnectClient,
  SendSSHPublicKeyCommand,
} from "@aws-sdk/client-ec2-instance-connect";
import type { Answered } from "./call.ts";
import type { ClientSettings } from "./client_settings.ts";
import type { PublicKeyRequest } from "./contracts.ts";

/** Lets a public key in for a minute. Failures are the SDK's. */
export async function sendSshPublicKey(
  settings: ClientSettings,
  { instanceId, user, publicKey }: PublicKeyRequest,
  signal: AbortSignal,
): Promise<Answered & { Success?: boolean | undefined }> {
  const client = new EC2InstanceConnectClient({ ...settings });
  try {
    const command = new SendSSHPublicKeyCommand({
      InstanceId: instanceId,
      InstanceOSUser: user,
      SSHPublicKey: publicKey,
    });
    return await client.send(command, { abortSignal: signal });
  } finally {
    client.destroy();
  }
}
