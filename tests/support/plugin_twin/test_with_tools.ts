/**
 * Tests that need programs which a machine may not have.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * Registers a test. Where `missing` names something, the test is ignored and its name says what to
 * install; in continuous integration, which installs everything, it fails instead.
 */
export function testWithTools(
  name: string,
  missing: string | undefined,
  fn: (context: Deno.TestContext) => Promise<void>,
): void {
  if (missing === undefined) Deno.test(name, fn);
  else if (Deno.env.get("CI") === "true") Deno.test(name, () => assert.fail(missing));
  else Deno.test({ name: `${name} (${missing})`, ignore: true, fn });
}
