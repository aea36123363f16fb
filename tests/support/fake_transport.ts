/**
 * Transports without a network, joined to a scripted agent.
 *
 * @module
 */
import type {
  OpenTransport,
  SessionGrant,
  Transport,
  TransportClose,
  TransportEvents,
} from "../../src/session/contracts.ts";
import type { ScriptedAgent } from "./scripted_agent.ts";
import { Watched } from "./watched.ts";

export const GRANT: SessionGrant = {
  sessionId: "user-0123456789abcdef0",
  streamUrl: "wss://gateway.example/v1/data-channel/user-0123456789abcdef0",
  tokenValue: "token-1",
};

/** One opened transport, as the gateway sees it. */
export class FakeTransport implements Transport {
  readonly sent: Uint8Array<ArrayBuffer>[] = [];
  readonly texts: string[] = [];
  bufferedBytes = 0;
  isClosed = false;
  readonly events: TransportEvents;
  readonly #agent: ScriptedAgent | undefined;

  constructor(events: TransportEvents, agent: ScriptedAgent | undefined) {
    this.events = events;
    this.#agent = agent;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.isClosed) return;
    this.sent.push(frame);
    queueMicrotask(() => {
      if (!this.isClosed) this.#agent?.receive(frame);
    });
  }

  sendText(text: string): void {
    this.texts.push(text);
    // The agent speaks when the client's turn is over, never inside its call.
    queueMicrotask(() =>
      this.#agent?.connect((frame) => {
        queueMicrotask(() => {
          if (!this.isClosed) this.events.onMessage(frame);
        });
      })
    );
  }

  close(): void {
    this.lose({ code: 1000, reason: "" });
  }

  /** Ends it from the network's side. */
  lose(close: TransportClose = { code: 1006, reason: "" }): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#agent?.disconnect();
    this.events.onClose(close);
  }
}

/** A way to the gateway that a test watches and breaks. */
export class FakeNetwork extends Watched {
  readonly opened: FakeTransport[] = [];
  /** Thrown by the next openings, one each. */
  readonly failures: unknown[] = [];
  readonly #agent: ScriptedAgent | undefined;

  constructor(agent?: ScriptedAgent) {
    super();
    this.#agent = agent;
  }

  readonly openTransport: OpenTransport = (_url, events, signal) => {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.failures.length > 0) return Promise.reject(this.failures.shift());
    const transport = new FakeTransport(events, this.#agent);
    this.opened.push(transport);
    this.changed();
    return Promise.resolve(transport);
  };

  /** The newest transport. */
  get current(): FakeTransport {
    return this.opened.at(-1)!;
  }
}
