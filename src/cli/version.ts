/**
 * The version of this program, from the one file that states it.
 *
 * @module
 */

import manifest from "../../deno.json" with { type: "json" };

/** As in `deno.json`. */
export const VERSION: string = manifest.version;
