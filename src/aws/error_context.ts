/**
 * The circumstances of a failed call, and how they begin its message.
 *
 * @module
 */

/** What was being done when it failed. */
export interface AwsErrorContext {
  /** IAM's prefix of the service: `ssm`, `ec2`, `sts`. */
  service: string;
  /** The API's name of the call: `StartSession`. */
  operation: string;
  region?: string | undefined;
  /** Undefined for the default profile or the environment's keys. */
  profile?: string | undefined;
  /** Set when it is not AWS's own. */
  endpoint?: string | undefined;
  /** What the call was about: an instance, session or role. */
  target?: string | undefined;
}

/** What was attempted, in a person's words: the first half of every message. */
export function attempt(context: AwsErrorContext): string {
  const { service, operation, target } = context;
  switch (operation) {
    case "StartSession":
      return `Cannot start a session on ${target ?? "the instance"}`;
    case "ResumeSession":
      return `Cannot resume session ${target ?? ""}`.trim();
    case "TerminateSession":
      return `Cannot end session ${target ?? ""}`.trim();
    case "DescribeInstances":
      return target === undefined
        ? "Cannot look up instances"
        : `Cannot look up instance ${target}`;
    case "DescribeSessions":
      return "Cannot look up sessions";
    case "SendSSHPublicKey":
      return `Cannot send a public key to ${target ?? "the instance"}`;
    case "GetCallerIdentity":
      return "Cannot look up whose the credentials are";
    case "AssumeRole":
    case "AssumeRoleWithWebIdentity":
      return `Cannot assume role ${target ?? ""}`.trim();
    case "GenerateDataKey":
      return `Cannot encrypt the session with key ${target ?? "of the account"}`;
    case "GetCredentials":
      return "Cannot get AWS credentials";
    default:
      return `Cannot call ${service}:${operation}`;
  }
}
