/**
 * Sessions: the data channel, its forwarders and their life.
 *
 * @module
 */
export * from "./contracts.ts";
