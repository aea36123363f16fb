/**
 * Diagnostics: which one thing is wrong between this computer and an instance.
 *
 * @module
 */

export {
  type Category,
  CHECK_IDS,
  type CheckDefinition,
  type CheckId,
  type CheckOutcome,
  type Finding,
  findingId,
  type ReasonCode,
  type Severity,
  type Status,
} from "./contracts.ts";
export type { Facts } from "./facts/facts.ts";
export type { CheckParameters, ConnectionKind } from "./parameters.ts";
