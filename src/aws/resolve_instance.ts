/**
 * From what a person wrote to exactly one instance.
 *
 * @module
 */

import { AppError, type AppErrorOptions } from "../errors/mod.ts";
import type { Instance, InstanceLookup, InstanceSelector, InstanceState } from "./contracts.ts";
import { describeSelector, isManagedNodeId } from "./selector.ts";
import type { TargetNotConnectedError } from "./known_errors.ts";

/** No instance fits: the name may be meant for something else. */
export class InstanceNotFoundError extends AppError {
  constructor(message: string, options: AppErrorOptions) {
    super("target", message, options);
    this.name = "InstanceNotFoundError";
  }
}

/** The instance to connect to. */
export interface ResolvedInstance {
  instanceId: string;
  /** The Name tag; undefined without one, and when an id was given, which is not looked up. */
  name: string | undefined;
}

/** Several instances fit. On a terminal the person may choose one of `matches`. */
export class AmbiguousInstanceError extends AppError {
  readonly matches: readonly Instance[];

  constructor(selector: InstanceSelector, matches: readonly Instance[]) {
    super(
      "usage",
      `Cannot choose an instance: ${matches.length} are there ${describeSelector(selector)}`,
      {
        why: matches.map(describeInstance).join(", "),
        hint: "Give the id of one of them",
      },
    );
    this.name = "AmbiguousInstanceError";
    this.matches = matches;
  }
}

/**
 * Exactly one instance, and one that runs. An id is taken at its word, without any call: starting
 * the session tells soon enough whether it was right.
 *
 * @throws {AmbiguousInstanceError} When several run, or several are there and none runs.
 * @throws {InstanceNotFoundError} When there is none.
 * @throws {AppError} `target` when the only one does not run.
 */
export async function resolveInstance(
  aws: InstanceLookup,
  selector: InstanceSelector,
  signal?: AbortSignal,
): Promise<ResolvedInstance> {
  if (selector.by === "id") return { instanceId: selector.instanceId, name: undefined };
  let matches = await aws.findInstances(selector, signal);
  if (matches.length === 0 && selector.by === "dns") {
    // A Name tag may have dots in it: "db.staging".
    matches = await aws.findInstances({ by: "name", name: selector.dnsName }, signal);
  }
  const running = matches.filter(({ state }) => state === "running");
  const [chosen] = running.length === 1 ? running : matches;
  if (chosen === undefined) throw await noneFound(aws, selector);
  if (running.length !== 1 && matches.length > 1) {
    throw new AmbiguousInstanceError(selector, matches);
  }
  if (chosen.state !== "running") throw notRunning(describeInstance(chosen), chosen);
  return { instanceId: chosen.instanceId, name: chosen.name };
}

/**
 * The likeliest reason for a target that is not connected, by the instance's state.
 *
 * @returns A more precise error, or `error` itself when the instance runs or EC2 cannot be asked.
 */
export async function explainNotConnected(
  aws: InstanceLookup,
  error: TargetNotConnectedError,
  signal?: AbortSignal,
): Promise<AppError> {
  const instanceId = error.target;
  if (isManagedNodeId(instanceId)) return error;
  let state: InstanceState | "unknown";
  try {
    state = await aws.instanceState(instanceId, signal);
  } catch {
    // Whoever may start sessions may lack ec2:DescribeInstances; the first error says more then.
    return error;
  }
  if (state === "running") return error;
  if (state === "unknown") return await noneFound(aws, { by: "id", instanceId });
  return notRunning(instanceId, { instanceId, state }, error);
}

/** "i-0123456789abcdef0 (web, stopped, 10.0.0.5)" */
function describeInstance({ instanceId, name, state, privateIp }: Instance): string {
  return `${instanceId} (${[name ?? "no name", state, privateIp ?? "no address"].join(", ")})`;
}

async function noneFound(aws: InstanceLookup, selector: InstanceSelector): Promise<AppError> {
  const where = `region ${await aws.region()}, ${
    aws.profile === undefined ? "default credentials" : `profile "${aws.profile}"`
  }`;
  return new InstanceNotFoundError(
    `Cannot find an instance: there is none ${describeSelector(selector)} (${where})`,
    {
      why: "It is mistyped or gone, or in another region or account",
      hint: "Check --region and --profile, or give an instance id",
    },
  );
}

function notRunning(
  label: string,
  { instanceId, state }: { instanceId: string; state: InstanceState },
  cause?: unknown,
): AppError {
  const wait = `aws ec2 wait instance-running --instance-ids ${instanceId}`;
  const start = `aws ec2 start-instances --instance-ids ${instanceId}`;
  const hints: Readonly<Record<InstanceState, string>> = {
    "pending": `It is starting. Wait for it: ${wait}`,
    "running": "Try again",
    "stopping": `When it has stopped, start it: ${start}`,
    "stopped": `Start it: ${start}`,
    "shutting-down": "It is being terminated for good: choose another instance",
    "terminated": "It is gone for good: choose another instance",
  };
  return new AppError("target", `Cannot connect to ${label}: it is ${state}`, {
    hint: hints[state],
    cause,
  });
}
