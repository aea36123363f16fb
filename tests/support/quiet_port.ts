/**
 * A port on which nothing listens, and nothing will unless a test does.
 *
 * @module
 */

/** Below the ports that systems hand out by themselves (32768 on Linux, 49152 elsewhere). */
const FIRST_PORT = 23_000;
const PORTS = 5_000;

/** A free port of 127.0.0.1 that no other test is given between two uses of it. */
export function quietPort(): number {
  for (let port = FIRST_PORT + Math.floor(Math.random() * PORTS);; port++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
