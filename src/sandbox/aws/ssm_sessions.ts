/**
 * DescribeSessions: what is active and what was.
 *
 * @module
 */
import { hasEnded, type SessionRecord } from "../session_registry.ts";
import { ApiError } from "./api_error.ts";
import type { JsonRequest } from "./json_request.ts";
import { pageOf } from "./page.ts";

/** Source: SSM API reference, DescribeSessions MaxResults. */
const PAGE_SIZE = { min: 1, max: 200 };

type SessionTest = (record: SessionRecord, value: string) => boolean;

/** Source: SSM API reference, SessionFilter. */
const TESTS: Readonly<Record<string, SessionTest>> = {
  InvokedAfter: (record, value) => record.startedAtMs >= parseTime(value),
  InvokedBefore: (record, value) => record.startedAtMs <= parseTime(value),
  Target: (record, value) => record.instance.instanceId === value,
  Owner: (record, value) => record.owner === value,
  Status: (record, value) => record.status === value,
  SessionId: (record, value) => record.sessionId === value,
};

/** @throws {ApiError} With the codes of the operation. */
export function describeSessions(
  request: JsonRequest,
  all: readonly SessionRecord[],
): Record<string, unknown> {
  const state = request.requireString("State");
  if (state !== "Active" && state !== "History") {
    throw new ApiError(
      "ValidationException",
      `1 validation error detected: Value '${state}' at 'state' failed to satisfy constraint: ` +
        "Member must satisfy enum value set: [Active, History]",
    );
  }
  const filters = request.objects("Filters").map((filter) => ({
    key: filter.requireString("key"),
    value: filter.requireString("value"),
  }));
  const size = request.integer("MaxResults", PAGE_SIZE) ?? PAGE_SIZE.max;
  const found = all
    .filter((record) => hasEnded(record) === (state === "History"))
    .filter((record) => filters.every(({ key, value }) => testOf(key)(record, value)))
    .reverse(); // newest first
  const page = pageOf(found, {
    size,
    token: request.string("NextToken") || undefined,
    key: request.withoutPaging,
  });
  if (page === undefined) {
    throw new ApiError("InvalidNextToken", "The specified token is not valid.");
  }
  return {
    Sessions: page.items.map(describe),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  };
}

function testOf(key: string): SessionTest {
  const test = Object.hasOwn(TESTS, key) ? TESTS[key] : undefined;
  if (test === undefined) {
    throw new ApiError("InvalidFilterKey", `The filter key ${key} is not valid`);
  }
  return test;
}

function parseTime(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new ApiError("ValidationException", `The filter value ${text} is not an ISO 8601 time`);
  }
  return time;
}

function describe(record: SessionRecord): Record<string, unknown> {
  return {
    SessionId: record.sessionId,
    Target: record.instance.instanceId,
    Status: record.status,
    StartDate: record.startedAtMs / 1000,
    ...(record.endedAtMs !== undefined && { EndDate: record.endedAtMs / 1000 }),
    DocumentName: record.documentName,
    Owner: record.owner,
    ...(record.reason !== undefined && { Reason: record.reason }),
    Details: record.endReason,
    OutputUrl: {},
  };
}
