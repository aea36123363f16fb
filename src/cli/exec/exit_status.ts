/**
 * The exit status of `exec`: the command's own, or what a shell would say in its place.
 *
 * @module
 */

import { AppError } from "../../errors/mod.ts";
import { SIGNAL_EXIT_CODES } from "../../platform/mod.ts";
import type { SessionEnd } from "../../session/mod.ts";

/** As of a program that wrote into a pipe without a reader: 128 and the number of SIGPIPE. */
export const READER_GONE = 141;

const GENERAL = 1;
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
/** Of a command that a signal has ended: the agent does not tell which. */
const SIGNALLED = 255;

/** @param code As the agent told it; negative when a signal has ended the command. */
export function exitStatus(
  code: number,
  { wasInterrupted }: { wasInterrupted: boolean },
): number {
  if (code >= 0) return code & 0xff;
  return wasInterrupted ? SIGNAL_EXIT_CODES.SIGINT : SIGNALLED;
}

/** An end without a status of the command. */
export function execFailure(
  end: SessionEnd,
  { name, agentVersion }: { name: string; agentVersion: string },
): { error: AppError; status: number } {
  const { by, reason } = end;
  if (by === "remote" && reason === "") {
    const error = new AppError(
      "target",
      `The command on ${name} has ended: its status is unknown`,
      {
        why: `The agent ${agentVersion} did not tell it`,
        hint: "Update the SSM agent of the instance",
      },
    );
    return { error, status: GENERAL };
  }
  const status = startStatus(end);
  if (status !== undefined) {
    const error = new AppError("target", `The command could not be started on ${name}`, {
      why: reason,
      hint: "There is no shell around it: for pipes and the like, run sh -c '...'",
    });
    return { error, status };
  }
  const what = by === "user"
    ? "the session was ended"
    : by === "remote"
    ? "AWS or the agent ended the session"
    : "the connection was lost";
  const error = new AppError("network", `The command on ${name} was cut off: ${what}`, {
    why: reason ||
      (by === "user" ? "Another command did, as terminate does" : "No reason is known"),
    hint: "It may have run in part, or run on: look before it is run again",
  });
  return { error, status: error.exitCode };
}

/**
 * What a shell says of a command that cannot be started; undefined for any other end.
 *
 * By the words of Go's exec package, which the agent passes on.
 */
export function startStatus({ by, reason }: SessionEnd): number | undefined {
  if (by !== "remote") return undefined;
  if (/executable file not found|no such file or directory/i.test(reason)) return NOT_FOUND;
  if (/permission denied|exec format error/i.test(reason)) return NOT_EXECUTABLE;
  return undefined;
}
