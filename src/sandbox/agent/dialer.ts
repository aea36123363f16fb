/**
 * The connections of one session to its target, each after the delay that a fault may ask for.
 *
 * @module
 */
import { dial, type Reachable } from "./dial.ts";

export class Dialer {
  readonly #route: Reachable;
  readonly #port: number;
  readonly #delayMs: () => number;
  /** Delays under way, and what ends each. */
  readonly #delays = new Map<number, () => void>();
  #isStopped = false;

  constructor(route: Reachable, options: { port: number; delayMs(): number }) {
    this.#route = route;
    this.#port = options.port;
    this.#delayMs = () => options.delayMs();
  }

  /** @throws {Error} When the target cannot be reached, or after `stop`. */
  async dial(): Promise<Deno.TcpConn> {
    const delayMs = this.#delayMs();
    if (delayMs > 0) await this.#delay(delayMs);
    if (this.#isStopped) throw new Error("the session has ended");
    return await dial(this.#route, this.#port);
  }

  /** Lets delays end at once; nothing is dialled any more. */
  stop(): void {
    this.#isStopped = true;
    for (const [timer, wake] of this.#delays) {
      clearTimeout(timer);
      wake();
    }
    this.#delays.clear();
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number(setTimeout(() => {
        this.#delays.delete(timer);
        resolve();
      }, delayMs));
      this.#delays.set(timer, resolve);
    });
  }
}
