/**
 * Deno's own WebSocket: the way through a proxy, which it finds and asks by itself.
 *
 * In the compiled executable a permission is needed for the target alone, never for the proxy.
 *
 * @module
 */
import type { Transport, TransportEvents } from "./contracts.ts";
import { UpgradeRefused } from "./upgrade.ts";

export interface NativeWebSocketOptions {
  headers: Record<string, string>;
  /** A client with extra CA certificates, or `undefined` for Deno's own. */
  client: Deno.HttpClient | undefined;
  events: TransportEvents;
  signal: AbortSignal;
}

/**
 * Over TLS, Deno tries a refused upgrade again with HTTP/2 and tells only how that went: a gateway of
 * HTTP/1.1 cannot take it. Observed with Deno 2.9.6, without and with ALPN on the server's side.
 */
const HIDDEN_REFUSAL = /h2 alpn|NoApplicationProtocol/;

/**
 * Opens the socket.
 *
 * @throws {UpgradeRefused} For a status other than 101; an error with Deno's text for the rest; the
 * signal's reason when it was aborted.
 */
export function openNativeWebSocket(
  url: string,
  { headers, client, events, signal }: NativeWebSocketOptions,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
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
      resolve(new NativeWebSocket(socket));
    };
    socket.onmessage = ({ data }) => {
      // The service sends binary; the reference takes text alike.
      const isBinary = data instanceof ArrayBuffer;
      events.onMessage(isBinary ? new Uint8Array(data) : new TextEncoder().encode(String(data)));
    };
    socket.onerror = (event) => {
      failure = event instanceof ErrorEvent ? event.message : "";
    };
    socket.onclose = ({ code, reason }) => {
      signal.removeEventListener("abort", onAbort);
      if (isOpen) return events.onClose({ code: code || 1006, reason: reason || failure });
      reject(failureOf(failure));
    };
  });
}

function failureOf(text: string): Error {
  const status = /status code: (\d{3})/.exec(text)?.[1];
  if (status !== undefined) return new UpgradeRefused(Number(status));
  return HIDDEN_REFUSAL.test(text) ? new UpgradeRefused(undefined) : new Error(text);
}

class NativeWebSocket implements Transport {
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
