/**
 * Opens the WebSocket of a data channel: signed, directly or through a proxy.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { type Clock, systemClock } from "../platform/mod.ts";
import type { OpenTransport, Transport, TransportEvents } from "./contracts.ts";
import { translateTransportError } from "./transport_error.ts";
import { UpgradeRefused } from "./upgrade.ts";

/** What the transport needs of the AWS side and of the environment. */
export interface WebSocketTransportOptions {
  /** SigV4 headers for the upgrade; empty when the address is presigned or signing failed. */
  signUpgrade(streamUrl: string): Promise<Record<string, string>>;
  /** PEM certificates trusted beside the default ones. */
  caCerts?(): Promise<string[]>;
  /** The same certificates as a client for Deno's WebSocket, or `undefined` when there are none. */
  httpClient?(): Promise<Deno.HttpClient | undefined>;
  /** An environment variable. */
  env?(name: string): string | undefined;
  trace?: ((line: string) => void) | undefined;
  clock?: Clock;
}

/** Makes the function that opens data channels. */
export function webSocketTransport(options: WebSocketTransportOptions): OpenTransport {
  return async (url, events, signal) => {
    if (!isWebSocketAddress(url)) {
      throw new AppError("protocol", "Cannot open the data channel: its address is none", {
        why: "The answer to StartSession names something else than a WebSocket",
      });
    }
    const headers = await options.signUpgrade(url);
    signal.throwIfAborted();
    try {
      try {
        return await open(url, { ...options, headers, events, signal });
      } catch (error) {
        if (!isSignatureRefusal(error) || Object.keys(headers).length === 0) throw error;
        // The token in the first message is the credential; older gateways know no signed upgrade.
        options.trace?.(`signed upgrade refused (${error.message}): trying without a signature`);
        return await open(url, { ...options, headers: {}, events, signal });
      }
    } catch (error) {
      signal.throwIfAborted();
      throw translateTransportError(error, url);
    }
  };
}

/** White space would end the request line, and a URL object drops some of it in silence. */
function isWebSocketAddress(url: string): boolean {
  return URL.canParse(url) && /^wss?:\/\/\S+$/i.test(url);
}

function isSignatureRefusal(error: unknown): error is UpgradeRefused {
  return error instanceof UpgradeRefused &&
    (error.status === undefined || [400, 401, 403].includes(error.status));
}

interface OpenOptions extends WebSocketTransportOptions {
  headers: Record<string, string>;
  events: TransportEvents;
  signal: AbortSignal;
}

async function open(url: string, options: OpenOptions): Promise<Transport> {
  const { headers, events, signal } = options;
  const getEnv = options.env ?? ((name: string) => Deno.env.get(name));
  if (hasProxy(url, getEnv)) {
    const { openNativeWebSocket } = await import("./native_websocket.ts");
    const client = await options.httpClient?.();
    return openNativeWebSocket(url, { headers, client, events, signal });
  }
  const { openDirectWebSocket } = await import("./direct_websocket.ts");
  const caCerts = await options.caCerts?.() ?? [];
  const clock = options.clock ?? systemClock;
  return openDirectWebSocket(url, { headers, caCerts, events, clock, signal });
}

/**
 * Whether the environment names a proxy for this kind of address. `NO_PROXY` is not looked at here:
 * Deno's WebSocket does that, and an excluded host works over it as well.
 */
export function hasProxy(url: string, env: (name: string) => string | undefined): boolean {
  const scheme = new URL(url).protocol === "wss:" ? "https_proxy" : "http_proxy";
  return [scheme, scheme.toUpperCase(), "all_proxy", "ALL_PROXY"].some((name) => env(name));
}
