/**
 * Names of presets and groups.
 *
 * @module
 */

/** They are typed on a command line: no spaces, and nothing that a shell or an option reads. */
export const PRESET_NAME = /^[\p{L}\d][\p{L}\d._-]*$/u;
