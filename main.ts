/**
 * The program. Everything is in `src`; this is the one place that ends the process.
 *
 * @module
 */

import { run } from "./src/cli/mod.ts";

if (import.meta.main) Deno.exit(await run(Deno.args));
