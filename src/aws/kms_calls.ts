/**
 * The KMS call of this program. Heavy: imported when a session is to be encrypted.
 *
 * @module
 */

import {
  GenerateDataKeyCommand,
  type GenerateDataKeyCommandOutput,
  KMSClient,
} from "@aws-sdk/client-kms";
import type { ClientSettings } from "./client_settings.ts";
import type { DataKeyRequest } from "./contracts.ts";

/** A data key under a key of KMS. Failures are the SDK's. */
export async function generateDataKey(
  settings: ClientSettings,
  request: DataKeyRequest,
  signal: AbortSignal,
): Promise<GenerateDataKeyCommandOutput> {
  const client = new KMSClient({ ...settings });
  try {
    const command = new GenerateDataKeyCommand({
      KeyId: request.keyId,
      NumberOfBytes: request.bytes,
      EncryptionContext: request.encryptionContext,
    });
    return await client.send(command, { abortSignal: signal });
  } finally {
    client.destroy();
  }
}
