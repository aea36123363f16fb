/**
 * A log file that does not grow without end.
 *
 * @module
 */

/** A log that a person can still page through. */
const LIMIT_BYTES = 1024 * 1024;

/** Writes to `path`, readable by its owner alone; when it is full it becomes `path.1`. */
export class RotatingLog {
  readonly #path: string;
  readonly #limitBytes: number;
  readonly #encoder = new TextEncoder();
  #writing: Promise<void> = Promise.resolve();

  /** @param options.limitBytes Of one file; there are two at most. */
  constructor(path: string, options: { limitBytes?: number } = {}) {
    this.#path = path;
    this.#limitBytes = options.limitBytes ?? LIMIT_BYTES;
  }

  /** Adds text. Never rejects: what cannot be logged is lost, and no reason to stop anything. */
  write(text: string): Promise<void> {
    return this.#writing = this.#writing.then(() => this.#append(this.#encoder.encode(text)))
      .catch(() => {});
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const size = await Deno.stat(this.#path).then(({ size }) => size, () => 0);
    if (size > 0 && size + bytes.byteLength > this.#limitBytes) {
      await Deno.rename(this.#path, `${this.#path}.1`);
    }
    await Deno.writeFile(this.#path, bytes, { append: true, mode: 0o600 });
  }
}
