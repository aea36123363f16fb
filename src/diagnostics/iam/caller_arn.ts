/**
 * Who calls, from the ARN that GetCallerIdentity tells.
 *
 * @module
 */

/** A caller, as far as the policy simulator must know it. */
export type Caller =
  | { kind: "user"; arn: string; userName: string; sessionPrefix: string }
  | {
    kind: "assumed_role";
    partition: string;
    account: string;
    roleName: string;
    /** The ARN of the role when its path is `/`; GetRole tells the one with the path. */
    pathlessRoleArn: string;
    sessionPrefix: string;
  }
  | { kind: "root" }
  /** Federated users, and what emulators make up: no policy can be simulated for it. */
  | { kind: "other" };

/** `sessionPrefix` is what session ids of this caller start with: user name or role session name. */
export function parseCallerArn(arn: string): Caller {
  const [, partition = "", service, , account = "", ...rest] = arn.split(":");
  const [kind, ...names] = rest.join(":").split("/");
  if (service === "iam" && kind === "root") return { kind: "root" };
  if (service === "iam" && kind === "user" && names.length > 0) {
    const userName = names.at(-1)!;
    return { kind: "user", arn, userName, sessionPrefix: userName };
  }
  if (service === "sts" && kind === "assumed-role" && names.length === 2) {
    const [roleName, sessionName] = names as [string, string];
    return {
      kind: "assumed_role",
      partition,
      account,
      roleName,
      pathlessRoleArn: `arn:${partition}:iam::${account}:role/${roleName}`,
      sessionPrefix: sessionName,
    };
  }
  return { kind: "other" };
}
