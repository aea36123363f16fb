/**
 * Whether the gateway can be reached, found out as cheaply as can be: no TLS, no request, no call that
 * counts against a limit of the account.
 *
 * @module
 */
import type { Probe } from "./network_watch.ts";
import { streamEndpoint } from "./stream_endpoint.ts";
import { hasProxy } from "./websocket_transport.ts";

export interface EndpointProbeOptions {
  /** An environment variable. */
  env(name: string): string | undefined;
  /** A client that trusts more certificates, or `undefined` for Deno's own. */
  httpClient(): Promise<Deno.HttpClient | undefined>;
}

/** Makes a probe: a TCP connection that is closed at once, or, through a proxy, a HEAD request. */
export function endpointProbe({ env, httpClient }: EndpointProbeOptions): Probe {
  return async (streamUrl, signal) => {
    const { hostname, port, isTls } = streamEndpoint(streamUrl);
    if (!hasProxy(streamUrl, env)) {
      const conn = await Deno.connect({ hostname, port, signal });
      return conn.close();
    }
    const { host } = new URL(streamUrl);
    const client = await httpClient();
    // Any answer is one.
    const answer = await fetch(`${isTls ? "https" : "http"}://${host}/`, {
      method: "HEAD",
      signal,
      ...(client === undefined ? {} : { client }),
    });
    await answer.body?.cancel();
  };
}
