/**
 * Words for what a service answered when it refused.
 *
 * Codes are those of the JSON protocol (SSM), the query protocol (EC2, STS) and of signature checks
 * that stand before every service.
 *
 * @module
 */

import type { AppError } from "../errors/mod.ts";
import {
  accessDenied,
  authFailure,
  clockWrong,
  expired,
  regionDisabled,
  signature,
  unknownKey,
} from "./auth_errors.ts";
import { clockSkewMs, skewInText } from "./clock_skew.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import {
  NoSuchDocumentError,
  NoSuchInstanceError,
  SessionGoneError,
  TargetNotConnectedError,
} from "./known_errors.ts";
import { foreignAnswerError } from "./network_errors.ts";
import { safeCause, safeText } from "./redact.ts";
import { type Found, inRegion, say, type SdkError, type Translate } from "./service_answer.ts";

/** An answer of a service as an `AppError`; undefined when the error is no answer of one. */
export function serviceError(error: SdkError, context: AwsErrorContext): AppError | undefined {
  const headers = error.$response?.headers ?? {};
  const found: Found = {
    error,
    context,
    text: safeText(error.message),
    skewMs: skewInText(error.message) ?? clockSkewMs(headers.date, Date.now()),
  };
  // An endpoint may name its code anything, "constructor" too.
  const translate = Object.hasOwn(BY_CODE, error.name) ? BY_CODE[error.name] : undefined;
  if (translate !== undefined) return translate(found);
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  const isHtml = /^text\/html\b/i.test(headers["content-type"] ?? "") ||
    /^\s*</.test(error.message);
  if (status !== undefined && status >= 300 && status < 400) {
    return foreignAnswerError(context, { status, isHtml, location: headers.location });
  }
  if (isHtml && status !== undefined) return foreignAnswerError(context, { status, isHtml });
  if (status === 407) {
    return say(found, "network", "the proxy wants credentials", {
      hint: "Put user and password into HTTPS_PROXY",
    });
  }
  if (status === 429) return throttled(found);
  if (status !== undefined && status >= 500) return serverFault(found);
  if (error instanceof SyntaxError || /Deserialization error|unclosed|parse/i.test(error.message)) {
    return foreignAnswerError(context, {
      status,
      isHtml: /Unexpected token '<'/.test(error.message),
    });
  }
  if (error.name === "UnknownError" || error.name === "Unknown") {
    return foreignAnswerError(context, { status, isHtml: false });
  }
  if (status === undefined) return undefined;
  return say(found, "protocol", `${error.name}: ${found.text}`, {
    why: `${context.service} refused the call${status ? ` (HTTP ${status})` : ""}`,
  });
}

const notConnected: Translate = ({ context, error }) => {
  const target = context.target ?? "the instance";
  return new TargetNotConnectedError(target, `${attempt(context)}: ${target} is not connected`, {
    why: `No SSM agent of it is online${inRegion(context)}: ` +
      "it is stopped or still starting, lacks a role with AmazonSSMManagedInstanceCore, " +
      "cannot reach the Systems Manager endpoints, or is in another region or account",
    hint: `Check with: aws ssm describe-instance-information --filters Key=InstanceIds,Values=${
      context.target ?? "ID"
    }`,
    cause: safeCause(error),
  });
};

const noInstance: Translate = ({ context, error }) =>
  new NoSuchInstanceError(`${attempt(context)}: no such instance${inRegion(context)}`, {
    why: "The id is mistyped, the instance is gone, or it is in another region or account",
    hint: "Check --region and --profile, and the id with: aws ec2 describe-instances",
    cause: safeCause(error),
  });

const malformedInstance: Translate = (found) =>
  say(found, "target", "that is no valid instance id", {
    why: found.text,
    hint: "An instance id is i- and 17 (or 8) hex digits",
  });

const instanceNotRunning: Translate = (found) =>
  say(found, "target", "the instance does not run", {
    why: found.text,
    hint: `Start it: aws ec2 start-instances --instance-ids ${found.context.target ?? "ID"}`,
  });

const noDocument: Translate = ({ context, error, text }) =>
  new NoSuchDocumentError(
    `${attempt(context)}: the session document is not available${inRegion(context)}`,
    {
      why: text || "The service does not know the document, or not this version of it",
      hint: "Check with: aws ssm list-documents --filters Key=DocumentType,Values=Session",
      cause: safeCause(error),
    },
  );

const throttled: Translate = (found) => {
  const attempts = found.error.$metadata?.attempts;
  return say(found, "resource", "AWS limits the rate of requests", {
    why: `Refused ${attempts ? `${attempts} times` : "repeatedly"} (${found.error.name}); ` +
      "others in the account may share the limit",
    hint: "Wait a minute and try again",
  });
};

const quota: Translate = (found) =>
  say(found, "resource", "a limit of the account is reached", {
    why: found.text,
    hint: "End sessions that are no longer needed, or ask for a higher quota (Service Quotas)",
  });

const serverFault: Translate = (found) => {
  const status = found.error.$metadata?.httpStatusCode;
  return say(found, "network", `AWS failed${status ? ` (HTTP ${status})` : ""}`, {
    why: found.text || "The service has an internal fault",
    hint: found.context.endpoint === undefined
      ? "Try again; the state of the service is on https://health.aws.amazon.com/"
      : `Try again, and check the endpoint ${found.context.endpoint}`,
  });
};

const goneSession: Translate = ({ context, error, text }) =>
  new SessionGoneError(`${attempt(context)}: it does not exist`, {
    why: text || "It has ended, or never was in this region and account",
    hint: "Start a new session",
    cause: safeCause(error),
  });

const invalidInput: Translate = (found) => {
  if (/MultiFactorAuthentication|tokenCode/i.test(found.error.message)) {
    return say(found, "auth", "the MFA code was not accepted", {
      why: "A code is six digits, each good once",
      hint: "Wait for the next code and try again",
    });
  }
  return say(found, "usage", found.text, { why: `${found.context.service} refused the request` });
};

const KEY_HINT = "The key is the one that the session preferences name: Systems Manager, Session " +
  "Manager, Preferences";

const keyDisabled: Translate = (found) =>
  say(found, "config", "the key is disabled", {
    why: found.text,
    hint: `Enable it in KMS, or choose another one. ${KEY_HINT}`,
  });

const keyUnusable: Translate = (found) =>
  say(found, "config", "the key cannot be used as it is", {
    why: found.text,
    hint: `Cancel its deletion in KMS, or choose another one. ${KEY_HINT}`,
  });

const noKey: Translate = (found) =>
  say(found, "config", `there is no such key${inRegion(found.context)}`, {
    why: found.text || "It was deleted, or is in another region or account",
    hint: KEY_HINT,
  });

const BY_CODE: Readonly<Record<string, Translate>> = {
  AccessDenied: accessDenied,
  AccessDeniedException: accessDenied,
  UnauthorizedOperation: accessDenied,
  UnauthorizedException: accessDenied,
  AuthException: accessDenied,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  RequestExpired: expired,
  RequestTimeTooSkewed: clockWrong,
  RequestInTheFuture: clockWrong,
  SignatureDoesNotMatch: signature,
  InvalidSignatureException: signature,
  IncompleteSignature: signature,
  IncompleteSignatureException: signature,
  UnrecognizedClientException: unknownKey,
  InvalidClientTokenId: unknownKey,
  InvalidAccessKeyId: unknownKey,
  MissingAuthenticationToken: unknownKey,
  MissingAuthenticationTokenException: unknownKey,
  AuthFailure: authFailure,
  OptInRequired: regionDisabled,
  RegionDisabledException: regionDisabled,
  SubscriptionRequiredException: regionDisabled,
  TargetNotConnected: notConnected,
  InvalidInstanceId: noInstance,
  "InvalidInstanceID.NotFound": noInstance,
  EC2InstanceNotFoundException: noInstance,
  EC2InstanceStateInvalidException: instanceNotRunning,
  EC2InstanceUnavailableException: serverFault,
  "InvalidInstanceID.Malformed": malformedInstance,
  InvalidDocument: noDocument,
  InvalidDocumentVersion: noDocument,
  DoesNotExistException: goneSession,
  DisabledException: keyDisabled,
  KMSInvalidStateException: keyUnusable,
  InvalidKeyUsageException: keyUnusable,
  NotFoundException: noKey,
  Throttling: throttled,
  ThrottlingException: throttled,
  ThrottledException: throttled,
  RequestThrottled: throttled,
  RequestThrottledException: throttled,
  RequestLimitExceeded: throttled,
  TooManyRequestsException: throttled,
  SlowDown: throttled,
  ServiceQuotaExceededException: quota,
  LimitExceededException: quota,
  ResourceLimitExceededException: quota,
  InternalServerError: serverFault,
  ServiceException: serverFault,
  InternalFailure: serverFault,
  InternalError: serverFault,
  ServiceUnavailable: serverFault,
  ServiceUnavailableException: serverFault,
  Unavailable: serverFault,
  ValidationException: invalidInput,
  ValidationError: invalidInput,
  InvalidArgsException: invalidInput,
};
