/**
 * A thing that is made when first wanted, once.
 *
 * @module
 */

/** A failed attempt is forgotten, so that the next one starts anew. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #made: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    this.#made ??= this.#make().catch((error) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  /** The thing if it was wanted before; undefined, and nothing is made, if not. */
  peek(): Promise<T> | undefined {
    return this.#made;
  }

  /** Releases the thing, if it was ever wanted; when it is still being made, as soon as it is. */
  dispose(release: (thing: T) => void): void {
    // What could not be made was reported to who wanted it.
    this.#made?.then(release, () => {});
    this.#made = undefined;
  }
}
