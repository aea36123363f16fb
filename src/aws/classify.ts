/**
 * Every failure of an AWS call as one of a dozen classes, for who decides by them.
 *
 * By the service's error code first, the HTTP status second, the transport's error third; never by
 * the words of a message.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";
import { clockSkewMs, SKEW_LIMIT_MS, skewInText } from "./clock_skew.ts";
import { isCredentialError } from "./credential_errors.ts";
import { EndpointError, findCause } from "./endpoint_error.ts";
import { safeText } from "./redact.ts";
import type { SdkError } from "./service_answer.ts";

export type AwsFailureClass =
  | "access_denied"
  | "auth_failed"
  | "clock_skew"
  | "region_disabled"
  | "throttled"
  | "not_found"
  | "timeout"
  | "network"
  | "service_error"
  | "not_supported"
  /** Refused for another reason: `code` tells. */
  | "other";

/** What is known of a failed call. No secrets. */
export interface AwsFailure {
  class: AwsFailureClass;
  /** The service's code: `UnauthorizedOperation`. */
  code: string | undefined;
  httpStatus: number | undefined;
  requestId: string | undefined;
  /** Text for a person, one line. */
  detail: string;
}

/**
 * @param error Whatever a client of the SDK threw.
 * @param nowMs Epoch milliseconds of this computer, for telling a wrong clock from a wrong key.
 */
export function classifyAwsError(error: unknown, nowMs: number): AwsFailure {
  const ours = findCause(error, AppError);
  if (ours !== undefined) return ofAppError(ours);
  if (findCause(error, Deno.errors.NotCapable) !== undefined) {
    return bare("network", "this program is not allowed to reach that address");
  }
  const endpoint = findCause(error, EndpointError);
  if (endpoint !== undefined) return ofEndpointError(endpoint);
  if (isCredentialError(error)) return bare("auth_failed", safeText(error.message), error.name);
  if (error instanceof DOMException && /^(?:Timeout|Abort)Error$/.test(error.name)) {
    return bare("timeout", "no answer in time");
  }
  if (!(error instanceof Error)) return bare("service_error", safeText(String(error)));
  return ofAnswer(error, nowMs);
}

function ofAnswer(error: SdkError, nowMs: number): AwsFailure {
  const httpStatus = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  const body = bodyOf(error);
  const inXml = codeInXml(body);
  // Where JSON was wanted and XML came, the SDK has only the status or "Unknown" for a name.
  const code = inXml ?? (isMeaningless(error) ? undefined : error.name);
  const isCode = (pattern: RegExp) => code !== undefined && pattern.test(code);
  const failure = (cls: AwsFailureClass): AwsFailure => ({
    class: cls,
    code,
    httpStatus,
    requestId: error.$metadata?.requestId,
    detail: detailOf(error, {
      code,
      httpStatus,
      isForeign: inXml === undefined && isForeign(error),
    }),
  });
  if (isCode(CLOCK_CODES)) return failure("clock_skew");
  if (isCode(SIGNATURE_CODES)) {
    const skewMs = skewInText(error.message) ??
      clockSkewMs(error.$response?.headers?.date, nowMs) ?? 0;
    if (Math.abs(skewMs) > SKEW_LIMIT_MS) return failure("clock_skew");
  }
  if (isCode(AUTH_CODES)) return failure("auth_failed");
  if (isCode(REGION_CODES)) return failure("region_disabled");
  if (isCode(DENIED_CODES)) return failure("access_denied");
  if (isCode(THROTTLED_CODES)) return failure("throttled");
  if (isCode(NOT_FOUND_CODES)) return failure("not_found");
  if (isCode(NOT_SUPPORTED_CODES)) return failure("not_supported");
  if (httpStatus === undefined) return failure("service_error");
  if (httpStatus === 403) return failure("access_denied");
  if (httpStatus === 429) return failure("throttled");
  if (httpStatus === 501) return failure("not_supported");
  if (httpStatus >= 500 || code === undefined || isForeign(error)) return failure("service_error");
  return failure("other");
}

const CLOCK_CODES = /^(?:RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/;
/** Codes that mean a wrong clock as well as a wrong key; the measured skew decides. */
const SIGNATURE_CODES = /^(?:AuthFailure|InvalidSignatureException|SignatureDoesNotMatch)$/;
const AUTH_CODES =
  /^(?:ExpiredToken(?:Exception)?|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|MissingAuthenticationToken(?:Exception)?|TokenRefreshRequired|AuthFailure|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature(?:Exception)?)$/;
const REGION_CODES = /^(?:OptInRequired|RegionDisabledException)$/;
const DENIED_CODES =
  /^(?:AccessDenied(?:Exception)?|(?:Client\.)?UnauthorizedOperation|AuthorizationError|UnauthorizedException)$/;
const THROTTLED_CODES =
  /^(?:Throttling|ThrottlingException|ThrottledException|RequestLimitExceeded|TooManyRequestsException|RequestThrottled(?:Exception)?|EC2ThrottledException|SlowDown)$/;
const NOT_FOUND_CODES =
  /^(?:Invalid\w+\.(?:NotFound|Malformed)|InvalidInstanceId|InvalidInstanceInformationFilterValue|InvalidDocument|InvalidDocumentVersion|NoSuchEntity(?:Exception)?|NotFoundException|ServiceSettingNotFound|DoesNotExistException|InvalidGroupId\.NotFound|NatGatewayNotFound|InvalidPrefixListId\.NotFound)$/;
const NOT_SUPPORTED_CODES = /^(?:UnknownOperationException|InvalidAction|UnsupportedOperation)$/;

function ofAppError(error: AppError): AwsFailure {
  switch (error.kind) {
    case "auth":
    case "config":
      return bare("auth_failed", describe(error), "CredentialsProviderError");
    case "resource":
      return bare("throttled", describe(error));
    case "network":
      return bare("network", describe(error));
    default:
      return bare("service_error", describe(error));
  }
}

function describe(error: AppError): string {
  return error.why === undefined ? error.message : `${error.message} (${error.why})`;
}

function ofEndpointError(error: EndpointError): AwsFailure {
  const detail = `${error.origin}: ${error.message}`;
  switch (error.fault) {
    case "timeout":
      return bare("timeout", detail);
    case "web_page":
    case "not_http":
    case "too_large":
      return bare("service_error", detail);
    default:
      return bare("network", detail);
  }
}

function bare(cls: AwsFailureClass, detail: string, code?: string): AwsFailure {
  return { class: cls, code, httpStatus: undefined, requestId: undefined, detail };
}

function bodyOf(error: SdkError): string {
  const body = (error.$response as { body?: unknown } | undefined)?.body;
  return typeof body === "string" ? body : error.message;
}

/** The code of a query-protocol error, in whichever of its two wrappings. */
function codeInXml(text: string): string | undefined {
  return /<Code>\s*([\w.]+)\s*<\/Code>/.exec(text)?.[1];
}

/** Names that say nothing of what the service meant. */
function isMeaningless(error: SdkError): boolean {
  return /^(?:Error|SyntaxError|TypeError|Unknown|UnknownError|\d+)$/.test(error.name);
}

/** What came is no answer of the service: a web page, say. */
function isForeign(error: SdkError): boolean {
  return /^text\/html\b/i.test(error.$response?.headers?.["content-type"] ?? "") ||
    error instanceof SyntaxError || /Deserialization error/.test(error.message);
}

function detailOf(
  error: SdkError,
  facts: { code: string | undefined; httpStatus: number | undefined; isForeign: boolean },
): string {
  const status = facts.httpStatus === undefined ? "" : ` (HTTP ${facts.httpStatus})`;
  if (facts.isForeign) return `the answer is none of AWS's${status}`;
  if (isMeaningless(error)) return `${facts.code ?? "no error code"}${status}`;
  return `${error.name}${status}: ${safeText(messageOf(error))}`;
}
