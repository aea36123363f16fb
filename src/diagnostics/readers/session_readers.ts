/**
 * Preferences, their key, and who is connected (F19-F21).
 *
 * @module
 */

import { FactFailure, notApplicable } from "../api/fact_failure.ts";
import { parsePreferences } from "../facts/preferences_document.ts";
import type { ActiveSession, KeyUse, KmsKey, PreferencesDocument } from "../facts/session.ts";
import { foreignAnswer } from "./account_readers.ts";
import { allPages, epochMs, next, type ReadContext, type Readers } from "./reader.ts";

export const sessionReaders: Pick<Readers, "preferences" | "kmsKey" | "kmsKeyUse" | "sessions"> = {
  preferences: readPreferences,
  kmsKey: readKey,
  kmsKeyUse: readKeyUse,
  sessions: readSessions,
};

const PREFERENCES_DOCUMENT = "SSM-SessionManagerRunShell";

async function readPreferences(context: ReadContext): Promise<PreferencesDocument> {
  try {
    // No version: the default one. "$DEFAULT" fails on some emulators after it was changed.
    const answer = await context.call("ssm", "GetDocument", { Name: PREFERENCES_DOCUMENT });
    if (answer.Content === undefined) throw foreignAnswer("ssm:GetDocument");
    return parsePreferences(answer.Content, answer.DocumentVersion ?? "");
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return { exists: false };
    throw error;
  }
}

async function keyOfPreferences(context: ReadContext, action: string): Promise<string> {
  const document = await context.value("preferences");
  const keyId = document.exists && "preferences" in document
    ? document.preferences.kmsKeyId
    : undefined;
  if (keyId === undefined) throw notApplicable(action, "the session preferences name no key");
  return keyId;
}

async function readKey(context: ReadContext): Promise<KmsKey | undefined> {
  const action = "kms:DescribeKey";
  const keyId = await keyOfPreferences(context, action);
  try {
    const answer = await context.call("kms", "DescribeKey", { KeyId: keyId }, { isOptional: true });
    const key = answer.KeyMetadata;
    if (key === undefined) throw foreignAnswer(action);
    return {
      keyId: key.KeyId ?? keyId,
      arn: key.Arn ?? "",
      state: key.KeyState ?? "",
      deletionAtMs: epochMs(key.DeletionDate),
    };
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return undefined;
    throw error;
  }
}

async function readKeyUse(context: ReadContext): Promise<KeyUse> {
  const keyId = await keyOfPreferences(context, "kms:GenerateDataKey");
  try {
    await context.call(
      "kms",
      "GenerateDataKey",
      { KeyId: keyId, KeySpec: "AES_256", DryRun: true },
      { isOptional: true },
    );
    // An emulator that knows no dry run made a key: it would not have for who may not.
    return "allowed";
  } catch (error) {
    if (!(error instanceof FactFailure)) throw error;
    if (error.code === "DryRunOperationException") return "allowed";
    if (error.fact.state === "denied") return "denied";
    throw error;
  }
}

async function readSessions(context: ReadContext): Promise<ActiveSession[]> {
  const { instanceId } = context.parameters;
  const sessions = await allPages(async (token) => {
    const answer = await context.call("ssm", "DescribeSessions", {
      State: "Active",
      Filters: [{ key: "Target", value: instanceId }],
      ...next(token),
    });
    if (answer.Sessions === undefined) throw foreignAnswer("ssm:DescribeSessions");
    return { items: answer.Sessions, next: answer.NextToken };
  });
  return sessions.map((session) => ({
    sessionId: session.SessionId ?? "",
    owner: session.Owner ?? "",
    status: session.Status ?? "",
    startedAtMs: epochMs(session.StartDate),
    document: session.DocumentName,
    maxDurationMin: minutesOf(session.MaxSessionDuration),
  }));
}

function minutesOf(text: string | undefined): number | undefined {
  const minutes = Number(text ?? "");
  return Number.isInteger(minutes) && minutes > 0 ? minutes : undefined;
}
