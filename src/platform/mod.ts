/**
 * The operating system, one thing a file: time, paths, signals, the terminal, local ports, child
 * processes, who owns a port, and what this process takes.
 *
 * @module
 */

export { quoteForShell, quoteForWindows, type RunningChild, startChild } from "./child.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type DetachedProcess, ownCommand, startDetached } from "./detached.ts";
export { lockFile } from "./file_lock.ts";
export { bracketed, formatAddress, listenTcp, type LocalAddress, nextFreePort } from "./listen.ts";
export { cacheFolder, configFolder, dataFolder, type PathFacts, stateFolder } from "./paths.ts";
export { findPortOwner, type PortOwner } from "./port_owner.ts";
export { type ProcessStatistics, readProcessStatistics } from "./process_statistics.ts";
export { followLinks, rewriteFile } from "./rewrite_file.ts";
export { onTerminalResize, type RawMode, RawTerminal } from "./raw_terminal.ts";
export { type ProgramResult, runProgram } from "./run_program.ts";
export { RotatingLog } from "./rotating_log.ts";
export {
  listenForResize,
  listenForStopSignals,
  SIGNAL_EXIT_CODES,
  type StopSignal,
  withoutEchoes,
} from "./signals.ts";
export {
  terminalColumns,
  type TerminalFacts,
  terminalFacts,
  terminalRows,
  wantsColour,
} from "./terminal.ts";
export { explainWriteError, writeWholeFile } from "./whole_file.ts";
