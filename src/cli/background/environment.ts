/**
 * Whose environment a tunnel in the background sees.
 *
 * The background host is one process for tunnels from many terminals. What our own code looks up goes
 * with each request and stays in memory. What the AWS SDK and Deno look up by themselves is the same for
 * the whole process: it is fixed when the host starts, and a request that needs another is refused.
 *
 * @module
 */
import { resolve } from "node:path";
import { AppError } from "../../errors/mod.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Looked up by `src/aws` and `src/config` alone, through the environment they are given. */
const OF_A_REQUEST = new RegExp(
  "^(?:EC2_CONNECT_\\w+|AWS_ENDPOINT_URL(?:_\\w+)?|AWS_(?:" + [
    "PROFILE",
    "REGION",
    "DEFAULT_REGION",
    "ACCESS_KEY_ID",
    "SECRET_ACCESS_KEY",
    "SESSION_TOKEN",
    "CREDENTIAL_EXPIRATION",
    "CA_BUNDLE",
    "CONFIG_FILE",
    "SHARED_CREDENTIALS_FILE",
    "IGNORE_CONFIGURED_ENDPOINT_URLS",
  ].join("|") + "))$",
);

/** Looked up by the SDK (identities of containers and pods, FIPS) and by Deno (proxies). */
const OF_THE_PROCESS = /^(?:AWS_\w+|(?:https?|all|no)_proxy)$/i;

/** Never in the environment of a process that we start. */
const SECRET =
  /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)$/;

/** Paths may be relative, and the host works in another folder. */
const PATHS =
  /^(?:AWS_(?:CA_BUNDLE|CONFIG_FILE|SHARED_CREDENTIALS_FILE)|EC2_CONNECT_(?:CONFIG|DATABASE))$/;

/** What goes with a request. */
export function requestEnvironment(env: Environment, cwd: string): Record<string, string> {
  return pick(env, (name) => OF_A_REQUEST.test(name) || OF_THE_PROCESS.test(name), cwd);
}

/** What the background host is started with: this environment without what is a request's. */
export function hostEnvironment(env: Environment, cwd: string): Record<string, string> {
  const isRequests = (name: string) => name.startsWith("AWS_") && OF_A_REQUEST.test(name);
  return pick(env, (name) => !SECRET.test(name) && !isRequests(name), cwd);
}

/**
 * What a request's tunnel sees inside the host.
 *
 * @throws {AppError} `config` when it needs what the host was started without.
 */
export function jobEnvironment(
  host: Environment,
  request: Readonly<Record<string, string>>,
): Record<string, string> {
  const isShared = (name: string) => OF_THE_PROCESS.test(name) && !OF_A_REQUEST.test(name);
  const names = new Set([...Object.keys(host), ...Object.keys(request)].filter(isShared));
  const other = [...names].filter((name) => (host[name] || "") !== (request[name] || "")).sort();
  if (other.length > 0) {
    throw new AppError(
      "config",
      `Cannot connect in the background: it was started with another ${other.join(", ")}`,
      {
        why: "The background host is one process, and these count for all of it",
        hint: "Connect in the foreground, or end it with ec2-connect host stop and try again",
      },
    );
  }
  const own = pick(host, (name) => !OF_A_REQUEST.test(name));
  return { ...own, ...request };
}

function pick(
  env: Environment,
  isWanted: (name: string) => boolean,
  cwd?: string,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !isWanted(name)) continue;
    found[name] = cwd !== undefined && PATHS.test(name) && value !== ""
      ? resolve(cwd, value)
      : value;
  }
  return found;
}
