/**
 * One process at a time.
 *
 * @module
 */

/**
 * Waits for the lock on a file, which is made when it is missing, and holds it until disposed. The
 * system lets it go with the process, so that nothing is left to clean up after a crash.
 *
 * @throws The system's error when the file cannot be opened or locked.
 */
export async function lockFile(path: string): Promise<Disposable> {
  const file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  try {
    await file.lock(true);
    return { [Symbol.dispose]: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}
