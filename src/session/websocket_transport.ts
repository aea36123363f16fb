/**
 * The transport over Deno's own WebSocket, which honours `HTTPS_PROXY` and `NO_PROXY` by itself.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";
import type { OpenTransport, Transport, TransportEvents } from "./contracts.ts";

/** What the transport needs of the AWS side. */
export interface WebSocketTransportOptions {
  /** SigV4 headers for the upgrade; empty when the address is presigned or signing failed. */
  signUpgrade(streamUrl: string): Promise<Record<string, string>>;
  /** A client with extra CA certificates, or `undefined` for Deno's own. */
  httpClient?(): Promise<Deno.HttpClient | undefined>;
  /** Redirects the address to another endpoint (PrivateLink). */
  rewriteUrl?(streamUrl: string): string;
  trace?(line: string): void;
}

/** Makes the function that opens data channels. */
export function webSocketTransport(options: WebSocketTransportOptions): OpenTransport {
  return async (streamUrl, events, signal) => {
    const url = options.rewriteUrl?.(streamUrl) ?? streamUrl;
    const headers = await options.signUpgrade(url);
    const client = await options.httpClient?.();
    signal.throwIfAborted();
    try {
      return await open(url, { headers, client, events, signal });
    } catch (error) {
      const isRefusal = error instanceof UpgradeRefused &&
        (error.status === 400 || error.status === 401 || error.status === 403);
      if (!isRefusal || Object.keys(headers).length === 0) throw translate(error, url);
      // The token in the first message is the credential; older gateways know no signed upgrade.
      options.trace?.(`signed upgrade refused with ${error.status}: trying without a signature`);
    }
    try {
      return await open(url, { headers: {}, client, events, signal });
    } catch (error) {
      throw translate(error, url);
    }
  };
}

/** The gateway answered the upgrade with a status other than 101. */
class UpgradeRefused extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
    this.name = "UpgradeRefused";
  }
}

interface OpenOptions {
  headers: Record<string, string>;
  client: Deno.HttpClient | undefined;
  events: TransportEvents;
  signal: AbortSignal;
}

function open(url: string, { headers, client, events, signal }: OpenOptions): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, client === undefined ? { headers } : { headers, client });
    socket.binaryType = "arraybuffer";
    let failure = "";
    let isOpen = false;
    const onAbort = () => {
      reject(signal.reason);
      socket.close();
    };
    signal.addEventListener("abort", onAbort, { once: true });

    socket.onopen = () => {
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) return socket.close();
      isOpen = true;
      resolve(new WebSocketTransport(socket));
    };
    socket.onmessage = ({ data }) => {
      // The service sends binary; the reference takes text alike.
      events.onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : encodeText(data));
    };
    socket.onerror = (event) => {
      failure = event instanceof ErrorEvent ? event.message : "";
    };
    socket.onclose = ({ code, reason }) => {
      signal.removeEventListener("abort", onAbort);
      if (isOpen) {
        return events.onClose({ code: code === 0 ? 1006 : code, reason: reason || failure });
      }
      const status = /status code: (\d{3})/.exec(failure)?.[1];
      reject(status === undefined ? new Error(failure) : new UpgradeRefused(Number(status)));
    };
  });
}

function encodeText(data: unknown): Uint8Array {
  return new TextEncoder().encode(String(data));
}

class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    // A socket that is going down throws; its close event tells the owner.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  sendText(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  close(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1000);
  }
}

/** Deno's texts, as observed on 2.9.6, and what each means to a person. */
const CAUSES: readonly [pattern: RegExp, why: string, hint: string][] = [
  [
    /dns error/,
    "the name does not resolve",
    "Check the region, the DNS and, in a private network, the ssmmessages endpoint",
  ],
  [
    /tcp connect error|refused/i,
    "nothing answered there",
    "Check the network; behind a proxy set HTTPS_PROXY",
  ],
  [
    /certificate|UnknownIssuer|corrupt message|tls/i,
    "TLS failed",
    "Behind a proxy that inspects TLS, set AWS_CA_BUNDLE to its certificate authority",
  ],
  [/proxy/i, "the proxy refused the connection", "Check HTTPS_PROXY and NO_PROXY"],
];

function translate(error: unknown, url: string): unknown {
  if (error instanceof AppError) return error;
  const host = new URL(url).host;
  const what = `Cannot open the data channel to ${host}`;
  if (error instanceof UpgradeRefused) {
    if (error.status === 401 || error.status === 403) {
      return new AppError("auth", `${what}: the gateway refused with status ${error.status}`, {
        why:
          "The credentials may lack ssmmessages:OpenDataChannel on this session, or have expired",
        hint: "Allow ssmmessages:OpenDataChannel, or sign in again",
        cause: error,
      });
    }
    return new AppError("network", `${what}: the gateway answered with status ${error.status}`, {
      hint: "Try again; if it stays, a proxy may not let WebSocket pass",
      cause: error,
    });
  }
  if (error instanceof DOMException && error.name === "AbortError") return error;
  const text = messageOf(error);
  const [, why, hint] = CAUSES.find(([pattern]) => pattern.test(text)) ??
    [
      undefined,
      text.replace(/^.*failed to connect to WebSocket: /, "") || "no reason given",
      undefined,
    ];
  return new AppError("network", `${what}: ${why}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
