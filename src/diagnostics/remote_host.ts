/**
 * Addresses that the agent refuses to forward to.
 *
 * Source: amazon-ssm-agent agent/session/plugins/port/port.go and agent/appconfig/constants.go:
 * link-local services, and the first four and the last address of the VPC's blocks.
 *
 * @module
 */

const SERVICES: Readonly<Record<string, string>> = {
  "169.254.169.254": "the instance's metadata service",
  "fd00:ec2::254": "the instance's metadata service",
  "169.254.169.253": "the VPC's name server",
  "fd00:ec2::253": "the VPC's name server",
  "169.254.169.123": "the time service",
  "fd00:ec2::123": "the time service",
  "169.254.170.2": "the credentials of containers",
  "169.254.170.23": "the credentials of containers",
  "fd00:ec2::23": "the credentials of containers",
};

/**
 * What the address is that makes the agent refuse it.
 *
 * @param host A name is never refused here: what it resolves to on the instance is not known.
 * @param vpcCidrs IPv4 blocks of the VPC; empty when they are not known.
 * @returns undefined when nothing speaks against it.
 */
export function forbiddenRemoteHost(
  host: string,
  vpcCidrs: readonly string[],
): string | undefined {
  const service = SERVICES[host.toLowerCase()];
  if (service !== undefined) return `it is ${service}`;
  const address = ipv4Number(host);
  if (address === undefined) return undefined;
  for (const cidr of vpcCidrs) {
    const [base, length] = cidr.split("/");
    const first = ipv4Number(base ?? "");
    const bits = Number(length);
    if (first === undefined || !(bits >= 0 && bits <= 32)) continue;
    const size = 2 ** (32 - bits);
    const offset = address - first;
    if (offset < 0 || offset >= size) continue;
    if (offset < 4 || offset === size - 1) return `AWS keeps it for itself in ${cidr}`;
  }
  return undefined;
}

function ipv4Number(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}
