/**
 * The account's session preferences: the content of `SSM-SessionManagerRunShell`.
 *
 * Source: Systems Manager User Guide, "Session document schema": numbers are strings, an empty string
 * is unset. Agents accept booleans as strings too from 3.0.655.0 (amazon-ssm-agent RELEASENOTES.md).
 *
 * @module
 */

import type { PreferencesDocument, SessionPreferences } from "./session.ts";

/** The only type of session that preferences are about. */
const SESSION_TYPE = "Standard_Stream";

/** Reads the document's content; what is wrong with it is part of the answer. */
export function parsePreferences(content: string, version: string): PreferencesDocument {
  const problem = (what: "not_json" | "not_an_object" | "wrong_session_type", detail: string) =>
    ({ exists: true, version, problem: { what, detail } }) as const;
  let document: unknown;
  try {
    document = JSON.parse(content);
  } catch {
    return problem("not_json", "the content is not JSON");
  }
  if (!isRecord(document)) return problem("not_an_object", "the content is not a JSON object");
  const { sessionType, inputs = {} } = document;
  if (sessionType !== SESSION_TYPE) {
    const found = JSON.stringify(sessionType) ?? "missing";
    return problem("wrong_session_type", `sessionType is ${found}, not "${SESSION_TYPE}"`);
  }
  if (!isRecord(inputs)) return problem("not_an_object", "inputs is not an object");
  return { exists: true, version, preferences: readInputs(inputs) };
}

function readInputs(inputs: Record<string, unknown>): SessionPreferences {
  const invalid: Record<string, string> = {};
  const readMinutes = (name: string): number | undefined => {
    const value = inputs[name];
    if (value === undefined || value === null || value === "") return undefined;
    const text = String(value).trim();
    if (/^\d{1,9}$/.test(text)) return Number(text);
    invalid[name] = text;
    return undefined;
  };
  return {
    idleTimeoutMin: readMinutes("idleSessionTimeout"),
    maxDurationMin: readMinutes("maxSessionDuration"),
    invalid,
    kmsKeyId: readText(inputs["kmsKeyId"]),
    runAsEnabled: readBoolean(inputs["runAsEnabled"]),
    runAsDefaultUser: readText(inputs["runAsDefaultUser"]),
    s3BucketName: readText(inputs["s3BucketName"]),
    s3EncryptionEnabled: readBoolean(inputs["s3EncryptionEnabled"]),
    cloudWatchLogGroupName: readText(inputs["cloudWatchLogGroupName"]),
    cloudWatchEncryptionEnabled: readBoolean(inputs["cloudWatchEncryptionEnabled"]),
    cloudWatchStreamingEnabled: readBoolean(inputs["cloudWatchStreamingEnabled"]),
  };
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function readBoolean(value: unknown): boolean {
  return value === true || (typeof value === "string" && value.trim().toLowerCase() === "true");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
