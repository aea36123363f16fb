/**
 * Payloads of type ExitCode: how a command ended.
 *
 * Source: agent session/shell/shell.go sendExitCode.
 *
 * @module
 */

/** @returns Negative when a signal ended the command; undefined when the text says no number. */
export function parseExitCode(payload: Uint8Array): number | undefined {
  const found = /^EXIT_CODE: (-?\d{1,10})\s*$/.exec(new TextDecoder().decode(payload));
  return found?.[1] === undefined ? undefined : Number(found[1]);
}
