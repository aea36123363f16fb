/**
 * Whose credentials these are. Heavy: imported when it is asked.
 *
 * @module
 */

import {
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  STSClient,
} from "@aws-sdk/client-sts";
import { AppError } from "../errors/mod.ts";
import type { ClientSettings } from "./client_settings.ts";

/** Asks STS. Failures are the SDK's. */
export async function callerIdentity(
  settings: ClientSettings,
  signal: AbortSignal,
): Promise<GetCallerIdentityCommandOutput> {
  const client = new STSClient({ ...settings });
  try {
    return await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
  } finally {
    client.destroy();
  }
}

/** @throws {AppError} `protocol` when the answer names nobody. */
export function arnOf({ Arn }: Pick<GetCallerIdentityCommandOutput, "Arn">): string {
  if (Arn) return Arn;
  throw new AppError("protocol", "Cannot look up whose the credentials are: STS names nobody", {
    hint: "Check AWS_ENDPOINT_URL_STS and any proxy",
  });
}
