/**
 * A key of KMS.
 *
 * @module
 */

export interface Key {
  readonly keyId: string;
  readonly arn: string;
  readonly aliases: readonly string[];
  readonly createdAtMs: number;
  state: "Enabled" | "Disabled" | "PendingDeletion";
  /** When it will be gone; only while its deletion is pending. */
  deletionAtMs: number | undefined;
}
