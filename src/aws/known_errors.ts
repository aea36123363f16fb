/**
 * The failures that callers act upon rather than only report.
 *
 * @module
 */

import { AppError, type AppErrorOptions } from "../errors/mod.ts";

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

/** A document that does not exist in this account and region, or not in this version. */
export class NoSuchDocumentError extends AppError {
  constructor(message: string, options: AppErrorOptions) {
    super("protocol", message, options);
    this.name = "NoSuchDocumentError";
  }
}
