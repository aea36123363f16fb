/**
 * What DescribeSessions answers.
 *
 * @module
 */

import type { DescribeSessionsCommandOutput } from "@aws-sdk/client-ssm";
import { AppError } from "../errors/mod.ts";
import type { ActiveSession } from "./contracts.ts";

/** The sessions of one page. What SSM must say and did not makes a `protocol` error. */
export function activeSessionsOf(
  { Sessions }: Pick<DescribeSessionsCommandOutput, "Sessions">,
): ActiveSession[] {
  if (Sessions === undefined) {
    throw new AppError("protocol", "Cannot look up sessions: the answer is not SSM's", {
      why: "It has no list of sessions, not even an empty one",
      hint: "Check --endpoint-url and AWS_ENDPOINT_URL, and any proxy",
    });
  }
  // One without an id cannot be named, and so not ended.
  return Sessions.flatMap(({ SessionId, Target, StartDate, DocumentName }) =>
    SessionId === undefined ? [] : [{
      sessionId: SessionId,
      target: Target ?? "",
      startedAtMs: StartDate?.getTime() ?? 0,
      documentName: DocumentName ?? "",
    }]
  );
}
