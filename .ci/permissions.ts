/**
 * What the executable may do, fixed when it is compiled. docs/permissions.md explains each line.
 *
 * @module
 */

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
/** Listening for other machines (`--bind`): the two wildcard addresses. */
const WILDCARD = ["0.0.0.0", "[::]"];
/** AWS's domains of every partition, dual-stack ones and the SSO start pages' included. */
const AWS = [
  "*.amazonaws.com",
  "*.amazonaws.com.cn",
  "*.api.aws",
  "*.api.amazonwebservices.com.cn",
  "*.amazonaws.eu",
  "*.api.amazonwebservices.eu",
  "*.c2s.ic.gov",
  "*.sc2s.sgov.gov",
  "*.cloud.adc-e.uk",
  "*.csp.hci.ic.gov",
];
/** Instance metadata, container credentials, pod identity. */
const METADATA = [
  "169.254.169.254",
  "[fd00:ec2::254]",
  "169.254.170.2",
  "169.254.170.23",
  "[fd00:ec2::23]",
];

/**
 * Where nothing of ours is ever written. The home is not known when compiling and `--output` names
 * any place, so writing is allowed but for what belongs to the system.
 */
const SYSTEM_FOLDERS = {
  unix: [
    ...["/bin", "/boot", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"],
    ...["/Applications", "/Library", "/System", "/private/etc"],
  ],
  windows: ["C:\\Windows", "C:\\Program Files", "C:\\Program Files (x86)"],
} as const;

/** Runs `connect -- COMMAND` and `credential_process`, and asks the system who owns a port. */
const SHELL = { unix: "/bin/sh", windows: "cmd.exe" } as const;

/** The flags of `deno compile`. A program that is not there would be named at every start. */
export function permissions(os: keyof typeof SHELL): string[] {
  return [
    "--no-prompt",
    `--allow-net=${[...LOOPBACK, ...WILDCARD, ...AWS, ...METADATA].join(",")}`,
    "--allow-read",
    "--allow-write",
    `--deny-write=${SYSTEM_FOLDERS[os].join(",")}`,
    "--allow-env",
    "--allow-sys",
    `--allow-run=${SHELL[os]}`,
  ];
}

/** Trust what the system trusts beside Mozilla's list, and keep the heap small. */
export const V8_FLAGS = "--v8-flags=--optimize-for-size,--max-semi-space-size=1";
