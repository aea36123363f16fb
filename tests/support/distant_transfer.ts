/**
 * Program: downloads through a tunnel that the test itself cannot reach. Prints `N bytes` as it goes
 * on, and the two checksums at the end.
 *
 * @module
 */
import { startTransfer } from "./transfer.ts";

if (import.meta.main) {
  const [url, bytes] = Deno.args;
  const { progress, done } = startTransfer("down", {
    url: url!,
    bytes: Number(bytes),
    arrived: () => 0,
  });
  // deno-lint-ignore no-console
  const timer = setInterval(() => console.log(`${progress()} bytes`), 50);
  const { sent, received } = await done;
  clearInterval(timer);
  // deno-lint-ignore no-console
  console.log(`${sent} ${received}`);
}
