/**
 * The first text frame of a client.
 *
 * Source: plugin src/service/service.go OpenDataChannelInput; protocol text §2.2, §13.3.
 *
 * @module
 */

export interface OpenRequest {
  tokenValue: string;
  clientId: string;
  /** Empty: plugins before 1.2.677 leave it out. */
  clientVersion: string;
}

/** @returns What is wrong, or the request. */
export function parseOpenRequest(payload: Uint8Array): OpenRequest | { problem: string } {
  let json: Record<string, unknown> | null;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return { problem: "the first message is not JSON" };
  }
  const members = Object(json) as Record<string, unknown>;
  for (const name of ["RequestId", "TokenValue", "ClientId"]) {
    if (typeof members[name] !== "string" || members[name] === "") {
      return { problem: `the first message lacks ${name}` };
    }
  }
  if (members["MessageSchemaVersion"] !== "1.0") {
    return { problem: "the first message has another MessageSchemaVersion than 1.0" };
  }
  const version = members["ClientVersion"];
  return {
    tokenValue: members["TokenValue"] as string,
    clientId: members["ClientId"] as string,
    clientVersion: typeof version === "string" ? version : "",
  };
}
