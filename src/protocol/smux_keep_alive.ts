/**
 * smux keep-alive, for agents up to 3.1.1511.0: NOP every 10 s, and the session ends when a whole
 * period of 30 s passes with nothing received. Newer agents switch their side off and so must we.
 *
 * Source: xtaci/smux session.go keepalive, mux.go DefaultConfig.
 *
 * @module
 */
import { SMUX_KEEP_ALIVE_INTERVAL_MS, SMUX_KEEP_ALIVE_TIMEOUT_MS } from "./constants.ts";

export class SmuxKeepAlive {
  #nextNopMs: number;
  #periodEndMs: number;
  #hasHeard = false;

  constructor(nowMs: number) {
    this.#nextNopMs = nowMs + SMUX_KEEP_ALIVE_INTERVAL_MS;
    this.#periodEndMs = nowMs + SMUX_KEEP_ALIVE_TIMEOUT_MS;
  }

  /** A frame of any kind was received. */
  heard(): void {
    this.#hasHeard = true;
  }

  /** What is due now. `expired`: a whole period was silent. */
  tick(nowMs: number): "nothing" | "send_nop" | "expired" {
    if (nowMs >= this.#periodEndMs) {
      if (!this.#hasHeard) return "expired";
      this.#hasHeard = false;
      this.#periodEndMs = nowMs + SMUX_KEEP_ALIVE_TIMEOUT_MS;
    }
    if (nowMs < this.#nextNopMs) return "nothing";
    this.#nextNopMs = nowMs + SMUX_KEEP_ALIVE_INTERVAL_MS;
    return "send_nop";
  }
}
