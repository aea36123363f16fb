/**
 * Every check there is, by hand: what is listed here runs, in the order of the catalogue.
 *
 * @module
 */

import type { CheckDefinition } from "../contracts.ts";

/** In the order of `CHECK_IDS`. */
export const CHECKS: readonly CheckDefinition[] = [];
