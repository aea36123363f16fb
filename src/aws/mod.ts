/**
 * AWS: credentials, region, instances, and the calls of a session.
 *
 * Light to import; the SDK is loaded by the first call.
 *
 * @module
 */

export type { AgentReport } from "./agent_reports.ts";
export { Aws } from "./aws.ts";
export { callAws, type CallContext } from "./call.ts";
export { type AwsFailure, type AwsFailureClass, classifyAwsError } from "./classify.ts";
export type { CredentialOrigin } from "./credential_origin.ts";
export type { ClientSettings } from "./client_settings.ts";
export type {
  ActiveSession,
  AwsSettings,
  Credentials,
  EnvLookup,
  Instance,
  InstanceLookup,
  InstanceSelector,
  InstanceState,
  PublicKeyRequest,
  SessionGrant,
  SessionLimits,
  SessionService,
  StartSessionRequest,
} from "./contracts.ts";
export { endpointErrorOf } from "./endpoint_error.ts";
export {
  type AgentPing,
  CACHED_INSTANCES_LIMIT,
  type CachedInstances,
  INSTANCE_CACHE_SCHEMA,
  instanceCachePath,
  type InstanceCacheScope,
  type ListedInstance,
  readInstanceCache,
  writeInstanceCache,
} from "./instance_cache.ts";
export { MESSAGES_ENDPOINT_VARIABLE, withMessagesEndpoint } from "./endpoints.ts";
export type { AwsErrorContext } from "./error_context.ts";
export { translateAwsError } from "./errors.ts";
export {
  AmbiguousInstanceError,
  explainNotConnected,
  InstanceNotFoundError,
  type ResolvedInstance,
  resolveInstance,
} from "./resolve_instance.ts";
export { safeText } from "./redact.ts";
export { describeSelector, isWrittenAsId, parseSelector } from "./selector.ts";
export {
  ExpiredCredentialsError,
  NoSuchDocumentError,
  NoSuchInstanceError,
  SessionGoneError,
  TargetNotConnectedError,
} from "./known_errors.ts";
