/**
 * The operating system, one thing a file: time, paths, signals, the terminal, child processes and
 * who owns a port.
 *
 * @module
 */

export { type Clock, systemClock } from "./clock.ts";
