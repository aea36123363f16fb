/**
 * `config schema`: the JSON Schema of a configuration file.
 *
 * @module
 */

import type { ConfigResultOptions } from "../commands/config.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";

/** @returns 0 */
export async function runSchema(options: ConfigResultOptions, context: Context): Promise<number> {
  const { configJsonSchema } = await import("../../config/shape.ts");
  const value = configJsonSchema();
  await writeResult(
    { schema: undefined, value, text: () => JSON.stringify(value, null, 2).split("\n") },
    context,
    options.output,
  );
  return 0;
}
