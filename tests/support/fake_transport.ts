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
  isHeld = false;
  readonly events: TransportEvents;
  readonly #arriving: Uint8Array[] = [];
  pings = 0;
  readonly #agent: ScriptedAgent | undefined;
  readonly #network: { isBlackhole: boolean };

  constructor(
    events: TransportEvents,
    agent: ScriptedAgent | undefined,
    network = { isBlackhole: false },
  ) {
    this.events = events;
    this.#agent = agent;
    this.#network = network;
  }

  ping(): void {
    this.pings++;
    queueMicrotask(() => {
      if (!this.isClosed && !this.#network.isBlackhole) this.events.onPong();
    });
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.isClosed) return;
    this.sent.push(frame);
    queueMicrotask(() => {
      if (!this.isClosed && !this.#network.isBlackhole) this.#agent?.receive(frame);
    });
  }

  sendText(text: string): void {
    this.texts.push(text);
    // The agent speaks when the client's turn is over, never inside its call.
    queueMicrotask(() =>
      this.#agent?.connect((frame) => {
        this.#arriving.push(frame);
        if (this.#arriving.length === 1) queueMicrotask(() => this.#deliver());
      })
    );
  }

  /** What the agent sent in one go comes in one piece, as it does from a TCP segment. */
  #deliver(): void {
    if (this.isHeld) return;
    for (const frame of this.#arriving.splice(0)) {
      if (!this.isClosed && !this.#network.isBlackhole) this.events.onMessage(frame);
    }
  }

  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    queueMicrotask(() => this.#deliver());
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
  /** Whether an opening never comes to an end, but for its signal. */
  isHung = false;
  /** Whether every connection is accepted and closed at its token. */
  refusesTokens = false;
  /** Whether packets vanish: nothing closes, nothing passes. */
  isBlackhole = false;
  /** Behind connections that are opened from now on. */
  agent: ScriptedAgent | undefined;

  constructor(agent?: ScriptedAgent) {
    super();
    this.agent = agent;
  }

  readonly openTransport: OpenTransport = (_url, events, signal) => {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.failures.length > 0) return Promise.reject(this.failures.shift());
    if (this.isHung || this.isBlackhole) {
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    }
    const transport = new FakeTransport(events, this.refusesTokens ? undefined : this.agent, this);
    if (this.refusesTokens) {
      transport.sendText = () => queueMicrotask(() => transport.lose({ code: 1008, reason: "" }));
    }
    this.opened.push(transport);
    this.changed();
    return Promise.resolve(transport);
  };

  /** The newest transport. */
  get current(): FakeTransport {
    return this.opened.at(-1)!;
  }
}
