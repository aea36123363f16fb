/**
 * The STS call of this program. Heavy: imported when it is made.
 *
 * @module
 */

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Answered } from "./call.ts";
import type { ClientSettings } from "./client_settings.ts";

/** An answer with the time at AWS's end, which the SDK keeps to itself. */
export interface DatedAnswer extends Answered {
  Arn?: string | undefined;
  /** The `Date` header. */
  date: string | undefined;
}

/** Who the credentials belong to: a call that needs no permission. Failures are the SDK's. */
export async function getCallerIdentity(
  settings: ClientSettings,
  signal: AbortSignal,
): Promise<DatedAnswer> {
  const client = new STSClient({ ...settings });
  let date: string | undefined;
  client.middlewareStack.add((next) => async (args) => {
    const result = await next(args);
    const { headers } = result.response as { headers?: Record<string, string> };
    date = headers?.["date"];
    return result;
  }, { step: "deserialize", name: "keepDate", priority: "low" });
  try {
    return {
      ...await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal }),
      date,
    };
  } finally {
    client.destroy();
  }
}
