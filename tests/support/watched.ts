/**
 * Something that changes, and promises that wait for what it will look like.
 *
 * @module
 */

export class Watched {
  readonly #waiters = new Set<() => void>();

  /** Call after every change. */
  protected changed(): void {
    for (const check of [...this.#waiters]) check();
  }

  /** Resolves once `isTrue`; looked at now and after every change. */
  when(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isTrue()) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
  }
}
