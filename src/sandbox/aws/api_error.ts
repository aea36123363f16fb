/**
 * Errors of the emulated services, and how each protocol writes them.
 *
 * @module
 */
import type { SignatureVerdict } from "./sigv4.ts";

/** An answer that is an error. */
export class ApiError extends Error {
  constructor(readonly code: string, message: string, readonly status = 400) {
    super(message);
    this.name = "ApiError";
  }
}

/** The services spoken here. EC2, STS and IAM answer XML; the others JSON. */
export const SERVICE_NAMES = ["ec2", "ec2-instance-connect", "iam", "kms", "ssm", "sts"] as const;
export type ServiceName = typeof SERVICE_NAMES[number];
export type JsonService = "ssm" | "kms" | "ec2-instance-connect";
export type QueryService = Exclude<ServiceName, JsonService>;

export function isJsonService(service: ServiceName): service is JsonService {
  return service === "ssm" || service === "kms" || service === "ec2-instance-connect";
}

/** The usual HTTP status of error codes that a fault may ask for; others are 400. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  InternalServerError: 500,
  InternalFailure: 500,
  InternalError: 500,
  ServiceUnavailable: 503,
  Unavailable: 503,
  RequestLimitExceeded: 503,
  UnauthorizedOperation: 403,
  AccessDenied: 403,
};

export function statusOf(code: string): number {
  return STATUS_OF_CODE[code] ?? 400;
}

/**
 * A refused signature in the words of `service`.
 *
 * Source: the common errors of each service's API reference; for EC2 its table of error codes, where
 * expired credentials and a wrong clock are both RequestExpired.
 */
export function signatureError(
  service: ServiceName,
  verdict: SignatureVerdict & { ok: false },
): ApiError {
  const invalidToken = "The security token included in the request is invalid";
  const expiredToken = "The security token included in the request is expired";
  const missing = "The request must be signed: Authorization is missing";
  const mismatch = "The request signature does not match: check the secret access key, " +
    "the signing method and the clock";
  if (isJsonService(service)) {
    switch (verdict.problem) {
      case "missing":
        return new ApiError("MissingAuthenticationTokenException", missing);
      case "incomplete":
        return new ApiError("IncompleteSignatureException", verdict.detail);
      case "unknown_key":
      case "bad_token":
        return new ApiError("UnrecognizedClientException", invalidToken);
      case "expired_token":
        return new ApiError("ExpiredTokenException", expiredToken);
      case "clock_skew":
        return new ApiError("InvalidSignatureException", verdict.detail);
      case "bad_signature":
        return new ApiError("InvalidSignatureException", mismatch);
      default:
        return verdict.problem satisfies never;
    }
  }
  const isEc2 = service === "ec2";
  switch (verdict.problem) {
    case "missing":
      return new ApiError("MissingAuthenticationToken", missing, 403);
    case "incomplete":
      return new ApiError("IncompleteSignature", verdict.detail);
    case "unknown_key":
    case "bad_token":
      return isEc2
        ? new ApiError("AuthFailure", "The access credentials could not be validated", 401)
        : new ApiError("InvalidClientTokenId", invalidToken, 403);
    case "expired_token":
      return isEc2
        ? new ApiError("RequestExpired", "Request has expired.")
        : new ApiError("ExpiredToken", expiredToken, 403);
    case "clock_skew":
      return isEc2
        ? new ApiError("RequestExpired", "Request has expired.")
        : new ApiError("SignatureDoesNotMatch", verdict.detail, 403);
    case "bad_signature":
      return new ApiError("SignatureDoesNotMatch", mismatch, 403);
    default:
      return verdict.problem satisfies never;
  }
}
