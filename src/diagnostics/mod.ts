/**
 * Diagnostics: which one thing is wrong between this computer and an instance.
 *
 * Light to import: the SDK is loaded by the first call of each service.
 *
 * @module
 */

export { failedFact } from "./api/fact_failure.ts";
export { SdkTransport } from "./api/sdk_transport.ts";
export type { AnswerTime, ApiTransport } from "./api/transport.ts";
export { FactCache } from "./cache/fact_cache.ts";
export { FactFiles } from "./cache/fact_files.ts";
export { CHECKS } from "./checks/registry.ts";
export {
  type Category,
  CHECK_IDS,
  type CheckDefinition,
  type CheckId,
  type CheckOutcome,
  type Finding,
  findingId,
  type ItemId,
  type ReasonCode,
  type Severity,
  type Status,
} from "./contracts.ts";
export {
  diagnose,
  type Diagnosis,
  type DiagnosisParts,
  type DiagnosisRequest,
} from "./diagnosis.ts";
export { rankOf } from "./findings.ts";
export type { RegionChoice } from "./facts/account.ts";
export type { Facts } from "./facts/facts.ts";
export { probeLocalPort } from "./facts/local_port.ts";
export { readLocalTools } from "./facts/local_tools.ts";
export type { LocalSession } from "./facts/session.ts";
export type { CheckParameters, ConnectionKind } from "./parameters.ts";
export { partitionOf } from "./partition.ts";
export { allReaders, type LocalReaders } from "./readers/all_readers.ts";
export { probeEndpoint, probeTargets } from "./readers/client_probes.ts";
export { readLocalCredentials } from "./readers/local_credentials.ts";
export { fullCommand } from "./remedies.ts";
export type { Report, ReportCheck, ReportFinding } from "./report_schema.ts";
export type { RunEvent } from "./runner.ts";
export { checksOfGroups, formatScore, SCORE_GROUPS, type ScoreGroup } from "./scoring.ts";
export {
  checksForFailure,
  dependenciesOf,
  fixChecks,
  fullChecks,
  precheckChecks,
  predictors,
} from "./selection.ts";
