/**
 * One signal that follows several.
 *
 * Not by `AbortSignal.any`: up to Deno 2.6 its signal may be collected as garbage although somebody
 * listens to it, and then never fires.
 *
 * @module
 */

export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #parents: readonly AbortSignal[];

  /** Dispose it when the signal does not matter any more: the parents may live long. */
  constructor(parents: readonly AbortSignal[]) {
    this.#parents = parents;
    for (const parent of parents) {
      if (parent.aborted) this.abort(parent.reason);
      parent.addEventListener("abort", this.#follow);
    }
  }

  /** Aborted with the first parent, with its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    for (const parent of this.#parents) parent.removeEventListener("abort", this.#follow);
  }

  readonly #follow = (event: Event) => this.abort((event.target as AbortSignal).reason);
}
