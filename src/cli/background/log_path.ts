/**
 * @module
 */

/** The background host's log, in the state folder. */
export const BACKGROUND_LOG = "background.log";
