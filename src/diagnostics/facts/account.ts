/**
 * Facts about the caller: identity, credentials, clock, Region (F1-F3).
 *
 * @module
 */

/** F1, `sts:GetCallerIdentity`. Needs no permission. */
export interface Identity {
  /** Twelve digits. */
  accountId: string;
  arn: string;
  userId: string;
}

/** F1, from the `Date` header of an answer, also of a refusal. */
export interface ClockReading {
  /** This computer's time minus the service's, in milliseconds; undefined: no `Date` came. */
  skewMs: number | undefined;
  /** Half the duration of the request: how wrong `skewMs` can be. */
  toleranceMs: number;
}

/** Where credentials come from. */
export type CredentialProvider =
  | "environment"
  | "profile"
  | "sso"
  | "assume_role"
  | "process"
  | "web_identity"
  | "container"
  | "instance_metadata"
  | "other";

/** Why the provider chain gave none. */
export type CredentialProblem =
  | "missing"
  | "expired"
  | "sso_expired"
  | "unknown_profile"
  | "failed";

/** F2, local: what signs the requests. Never the secret, never a whole key id. */
export type LocalCredentials =
  | {
    found: true;
    provider: CredentialProvider;
    /** `AKIA...WXYZ`. */
    maskedKeyId: string;
    /** The key id begins with `AKIA`. */
    isLongLived: boolean;
    /** Milliseconds since 1970; undefined: they do not end. */
    expiresAtMs: number | undefined;
    /** End of the SSO login behind them, if one is. */
    ssoExpiresAtMs: number | undefined;
    /** `AWS_ACCESS_KEY_ID` is set, whether or not it is what is used. */
    hasEnvironmentKeys: boolean;
  }
  | {
    found: false;
    problem: CredentialProblem;
    /** Words of the provider, without secrets. */
    detail: string;
    hasEnvironmentKeys: boolean;
  };

/** What named the Region. */
export type RegionSource =
  | "flag"
  | "EC2_CONNECT_AWS_REGION"
  | "AWS_REGION"
  | "AWS_DEFAULT_REGION"
  | "profile"
  | "config";

/** F3, local: the chosen Region and who else names one. */
export interface RegionChoice {
  name: string;
  source: RegionSource;
  /** The Region of the profile, if it names one. */
  profileRegion: string | undefined;
}

/** F3, `ec2:DescribeRegions` for the chosen one. */
export interface RegionStatus {
  /** False: EC2 knows no such Region. */
  exists: boolean;
  optIn: "opt-in-not-required" | "opted-in" | "not-opted-in" | undefined;
}
