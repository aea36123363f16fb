/**
 * Words for what a service answered when it refused.
 *
 * Codes are those of the JSON protocol (SSM), the query protocol (EC2, STS) and of signature checks
 * that stand before every service.
 *
 * @module
 */

import { AppError, type AppErrorOptions, type ErrorKind } from "../errors/mod.ts";
import { clockSkewMs, describeSkew, SKEW_LIMIT_MS, skewInText } from "./clock_skew.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import { foreignAnswerError } from "./network_errors.ts";
import { safeCause, safeText } from "./redact.ts";

/** No agent of the instance is connected: absent, stopped, or not managed by Systems Manager. */
export class TargetNotConnectedError extends AppError {
  /** The instance id. */
  readonly target: string;

  constructor(target: string, message: string, options: AppErrorOptions) {
    super("target", message, options);
    this.name = "TargetNotConnectedError";
    this.target = target;
  }
}

/** Temporary credentials that AWS no longer takes: worth one new try with fresh ones. */
export class ExpiredCredentialsError extends AppError {
  constructor(message: string, options: AppErrorOptions) {
    super("auth", message, options);
    this.name = "ExpiredCredentialsError";
  }
}

/** A session that has ended, or never was. */
export class SessionGoneError extends AppError {
  constructor(message: string, options: AppErrorOptions) {
    super("target", message, options);
    this.name = "SessionGoneError";
  }
}

/** An instance that EC2 does not know (any more). */
export class NoSuchInstanceError extends AppError {
  constructor(message: string, options: AppErrorOptions) {
    super("target", message, options);
    this.name = "NoSuchInstanceError";
  }
}

/** The parts of the SDK's exceptions that tell something. */
interface SdkError extends Error {
  $fault?: "client" | "server";
  $metadata?: { httpStatusCode?: number; requestId?: string; attempts?: number };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

interface Found {
  error: SdkError;
  context: AwsErrorContext;
  /** The service's own text, safe to show. */
  text: string;
  /** Positive when this computer's clock is ahead; undefined when the answer tells nothing. */
  skewMs: number | undefined;
}

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

type Translate = (found: Found) => AppError;

function say(
  { error, context }: Found,
  kind: ErrorKind,
  what: string,
  options: { why?: string; hint?: string },
): AppError {
  return new AppError(kind, `${attempt(context)}: ${what}`, {
    ...options,
    cause: safeCause(error),
  });
}

const accessDenied: Translate = (found) => {
  const { context, error } = found;
  const denied = /not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?/i
    .exec(error.message);
  const action = denied?.[1] ?? `${context.service}:${context.operation}`;
  const resource = denied?.[2]?.replace(/[.,]$/, "");
  if (/MultiFactorAuthentication failed|MFA/i.test(error.message) && !denied) {
    return say(found, "auth", "the MFA code was not accepted", {
      why: found.text,
      hint: "Wait for the next code and try again; check mfa_serial of the profile",
    });
  }
  const isExplicit = /explicit deny/i.test(error.message);
  return say(found, "auth", `not allowed: ${action}${resource ? ` on ${resource}` : ""}`, {
    why: isExplicit
      ? "A policy of the account or organization denies it explicitly"
      : "No policy of these credentials allows it",
    hint: isExplicit
      ? `Ask an administrator to lift the deny of ${action}`
      : `Ask for an IAM policy that allows ${action}${resource ? ` on ${resource}` : ""}`,
  });
};

const expired: Translate = (found) => {
  const { error, context, skewMs } = found;
  // EC2 says RequestExpired for old tokens and for a wrong clock alike.
  if (error.name === "RequestExpired" && Math.abs(skewMs ?? 0) >= SKEW_LIMIT_MS) {
    return clockWrong(found);
  }
  return new ExpiredCredentialsError(`${attempt(context)}: the credentials have expired`, {
    why: found.text,
    hint: context.profile === undefined
      ? "Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or log in again with: aws sso login"
      : `Log in again: aws sso login --profile ${context.profile}, or renew the keys of that profile`,
    cause: safeCause(error),
  });
};

const clockWrong: Translate = (found) =>
  say(
    found,
    "auth",
    found.skewMs === undefined
      ? "this computer's clock is wrong"
      : `this computer's clock is ${describeSkew(found.skewMs)} AWS's`,
    {
      why:
        "AWS takes signatures of the last 5 min only, and correcting the time in them did not help",
      hint: "Set the clock by the network (NTP) and try again",
    },
  );

const signature: Translate = (found) => {
  const { error, context } = found;
  if (/scoped to a valid region|scoped to correct service/i.test(error.message)) {
    return say(found, "config", `region "${context.region ?? "?"}" does not fit the endpoint`, {
      why: "The endpoint belongs to another region or service",
      hint: "Check --region and AWS_REGION, and --endpoint-url and AWS_ENDPOINT_URL if set",
    });
  }
  const isTimely = Math.abs(found.skewMs ?? 0) < SKEW_LIMIT_MS;
  if (/Signature (?:expired|not yet current)/i.test(error.message) || !isTimely) {
    return clockWrong(found);
  }
  return say(found, "auth", "AWS rejects the signature", {
    why: "The secret access key does not belong to the access key id",
    hint: keysHint(context),
  });
};

const unknownKey: Translate = (found) =>
  say(found, "auth", "AWS does not know these credentials", {
    why:
      "The access key is deleted or mistyped, lacks its session token, or belongs to another partition or emulator",
    hint: keysHint(found.context),
  });

/** EC2's answer to anything wrong with the signer: key, secret, clock or a region not enabled. */
const authFailure: Translate = (found) => {
  if (Math.abs(found.skewMs ?? 0) >= SKEW_LIMIT_MS) return clockWrong(found);
  return say(found, "auth", "AWS could not validate the credentials", {
    why: `The keys are wrong, or region "${
      found.context.region ?? "?"
    }" is not enabled for the account`,
    hint: `${keysHint(found.context)}; list enabled regions with: aws account list-regions`,
  });
};

const regionDisabled: Translate = (found) =>
  say(found, "auth", `region "${found.context.region ?? "?"}" is not enabled for this account`, {
    why: found.text,
    hint: "Enable the region in the account's settings, or choose another with --region",
  });

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

const noDocument: Translate = (found) =>
  say(found, "protocol", `the session document is not available${inRegion(found.context)}`, {
    why: found.text || "The service does not know the document, or not this version of it",
    hint: "Check with: aws ssm list-documents --filters Key=DocumentType,Values=Session",
  });

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

const BY_CODE: Readonly<Record<string, Translate>> = {
  AccessDenied: accessDenied,
  AccessDeniedException: accessDenied,
  UnauthorizedOperation: accessDenied,
  UnauthorizedException: accessDenied,
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
  "InvalidInstanceID.Malformed": malformedInstance,
  InvalidDocument: noDocument,
  InvalidDocumentVersion: noDocument,
  DoesNotExistException: goneSession,
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
  InternalFailure: serverFault,
  InternalError: serverFault,
  ServiceUnavailable: serverFault,
  ServiceUnavailableException: serverFault,
  Unavailable: serverFault,
  ValidationException: invalidInput,
  ValidationError: invalidInput,
};

function inRegion({ region }: AwsErrorContext): string {
  return region === undefined ? "" : ` in region ${region}`;
}

function keysHint({ profile }: AwsErrorContext): string {
  return profile === undefined
    ? "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the default profile"
    : `Check the keys of profile "${profile}", or log in again`;
}
