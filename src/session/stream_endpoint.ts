/**
 * Where a stream URL leads to.
 *
 * @module
 */

export interface StreamEndpoint {
  /** As `Deno.connect` wants it. */
  hostname: string;
  port: number;
  isTls: boolean;
}

/** The TCP address of a WebSocket's. */
export function streamEndpoint(streamUrl: string): StreamEndpoint {
  const { protocol, hostname, port } = new URL(streamUrl);
  const isTls = protocol === "wss:";
  return {
    // Brackets belong to the address, not to the IPv6 host in it.
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || (isTls ? 443 : 80)),
    isTls,
  };
}
