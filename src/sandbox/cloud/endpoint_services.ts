/**
 * The services that endpoints can lead to, in each Region.
 *
 * @module
 */

export interface EndpointService {
  readonly name: string;
  readonly type: "Interface" | "Gateway";
}

const INTERFACE_SERVICES = [
  "ec2",
  "ec2messages",
  "kms",
  "logs",
  "monitoring",
  "s3",
  "ssm",
  "ssmmessages",
  "sts",
];
const GATEWAY_SERVICES = ["dynamodb", "s3"];

/**
 * Regions from 2024 on, which have no `ec2messages`.
 *
 * Source: Systems Manager user guide, "Troubleshooting SSM Agent"; which Regions those are is from
 * AWS's announcements.
 */
const WITHOUT_EC2MESSAGES = [
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ap-east-2",
  "mx-central-1",
];

export function endpointServices(region: string): EndpointService[] {
  const interfaces = INTERFACE_SERVICES.filter((service) =>
    service !== "ec2messages" || !WITHOUT_EC2MESSAGES.includes(region)
  );
  const named = (service: string) => `com.amazonaws.${region}.${service}`;
  return [
    ...interfaces.map((service) => ({ name: named(service), type: "Interface" as const })),
    ...GATEWAY_SERVICES.map((service) => ({ name: named(service), type: "Gateway" as const })),
  ].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The name that an endpoint with private DNS takes over. */
export function privateName(serviceName: string): string {
  const [, , region = "", service = ""] = serviceName.split(".");
  return `${service}.${region}.amazonaws.com`;
}
