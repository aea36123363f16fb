/**
 * GetDocument, for the one document that belongs to the account: Session Manager's preferences.
 *
 * @module
 */
import type { SessionPreferences } from "../cloud/preferences.ts";
import { ApiError } from "./api_error.ts";
import type { JsonRequest } from "./json_request.ts";

export const PREFERENCES_DOCUMENT = "SSM-SessionManagerRunShell";

/** Versions of a document that was saved once. */
const VERSIONS: readonly (string | undefined)[] = [undefined, "1", "$DEFAULT", "$LATEST"];

/**
 * Answers GetDocument.
 *
 * @param preferences `undefined` for an account that never saved any.
 * @throws {ApiError} `InvalidDocument`, `InvalidDocumentVersion`.
 */
export function getDocument(
  request: JsonRequest,
  preferences: SessionPreferences | undefined,
  savedAtMs: number,
): Record<string, unknown> {
  const name = request.requireString("Name");
  if (name !== PREFERENCES_DOCUMENT || preferences === undefined) {
    throw new ApiError("InvalidDocument", `Document with name ${name} does not exist.`);
  }
  const version = request.string("DocumentVersion");
  if (!VERSIONS.includes(version)) {
    throw new ApiError("InvalidDocumentVersion", `Document version ${version} does not exist.`);
  }
  return {
    Name: name,
    CreatedDate: savedAtMs / 1000,
    DocumentVersion: "1",
    Status: "Active",
    Content: JSON.stringify(content(preferences), undefined, 2),
    DocumentType: "Session",
    DocumentFormat: "JSON",
  };
}

function content(preferences: SessionPreferences): Record<string, unknown> {
  const { shellProfile, ...rest } = preferences;
  return {
    schemaVersion: "1.0",
    description: "Document to hold regional settings for Session Manager",
    sessionType: "Standard_Stream",
    inputs: {
      s3BucketName: "",
      s3KeyPrefix: "",
      s3EncryptionEnabled: true,
      cloudWatchLogGroupName: "",
      cloudWatchEncryptionEnabled: true,
      cloudWatchStreamingEnabled: true,
      ...rest,
      shellProfile: { windows: "", linux: shellProfile },
    },
  };
}
