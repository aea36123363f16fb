/**
 * The account's roles, users, policies and instance profiles.
 *
 * @module
 */
import { ACCOUNT_ID, uniqueId } from "./ids.ts";
import { MANAGED_POLICIES, managedPolicyArn } from "./managed_policies.ts";
import type { NamedPolicy } from "./policy.ts";

/** What policies can be attached to. */
export interface Identity {
  readonly kind: "role" | "user";
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAtMs: number;
  /** Name to JSON text. */
  readonly inline: Map<string, string>;
  readonly attached: Set<string>;
  /** ARN of a managed policy. */
  boundary: string | undefined;
  /** JSON text; of roles. */
  trust: string;
  description: string;
}

export interface ManagedPolicy {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly id: string;
  /** JSON text of the default version. */
  document: string;
  versionId: string;
}

export interface InstanceProfile {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAtMs: number;
  roleName: string | undefined;
}

/** Who may assume a role of an instance, and of Systems Manager's default host management. */
export const EC2_TRUST = trustOf("ec2.amazonaws.com");
export const SSM_TRUST = trustOf("ssm.amazonaws.com");

export function trustOf(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { Service: service },
      Action: "sts:AssumeRole",
    }],
  });
}

export class IamStore {
  readonly roles = new Map<string, Identity>();
  readonly users = new Map<string, Identity>();
  /** By ARN. */
  readonly policies = new Map<string, ManagedPolicy>();
  readonly profiles = new Map<string, InstanceProfile>();
  readonly #createdAtMs: number;

  constructor(createdAtMs: number) {
    this.#createdAtMs = createdAtMs;
    for (const [name, { path, version, document }] of Object.entries(MANAGED_POLICIES)) {
      const arn = managedPolicyArn(name);
      const id = uniqueId("ANPA", name);
      this.policies.set(arn, { arn, name, path, id, document, versionId: version });
    }
  }

  addRole(
    name: string,
    options: {
      path?: string;
      trust?: string;
      attached?: readonly string[];
      description?: string;
      createdAtMs?: number;
    } = {},
  ): Identity {
    return this.#add("role", name, options);
  }

  addUser(name: string, options: { attached?: readonly string[] } = {}): Identity {
    return this.#add("user", name, options);
  }

  addProfile(
    name: string,
    options: { roleName?: string; path?: string; id?: string; createdAtMs?: number } = {},
  ): InstanceProfile {
    const path = options.path ?? "/";
    const profile: InstanceProfile = {
      name,
      path,
      id: options.id ?? uniqueId("AIPA", name),
      arn: `arn:aws:iam::${ACCOUNT_ID}:instance-profile${path}${name}`,
      createdAtMs: options.createdAtMs ?? this.#createdAtMs,
      roleName: options.roleName,
    };
    this.profiles.set(name, profile);
    return profile;
  }

  addPolicy(name: string, document: string): ManagedPolicy {
    const arn = `arn:aws:iam::${ACCOUNT_ID}:policy/${name}`;
    const policy = {
      arn,
      name,
      path: "/",
      id: uniqueId("ANPA", name),
      document,
      versionId: "v1",
    };
    this.policies.set(arn, policy);
    return policy;
  }

  /** Everything that grants or denies by identity. */
  policiesOf(identity: Identity): NamedPolicy[] {
    const inline = [...identity.inline].map(([name, document]) => ({
      name: `${identity.kind}_${identity.name}_${name}`,
      document,
    }));
    const attached = [...identity.attached].flatMap((arn) => this.policies.get(arn) ?? []);
    return [...inline, ...attached.map(({ name, document }) => ({ name, document }))];
  }

  boundaryOf(identity: Identity): NamedPolicy | undefined {
    return identity.boundary === undefined ? undefined : this.policies.get(identity.boundary);
  }

  #add(
    kind: Identity["kind"],
    name: string,
    options: {
      path?: string;
      trust?: string;
      attached?: readonly string[];
      description?: string;
      createdAtMs?: number;
    },
  ): Identity {
    const path = options.path ?? "/";
    const identity: Identity = {
      kind,
      name,
      path,
      id: uniqueId(kind === "role" ? "AROA" : "AIDA", name),
      arn: `arn:aws:iam::${ACCOUNT_ID}:${kind}${path}${name}`,
      createdAtMs: options.createdAtMs ?? this.#createdAtMs,
      inline: new Map(),
      attached: new Set(
        (options.attached ?? []).map((each) =>
          each.startsWith("arn:") ? each : managedPolicyArn(each)
        ),
      ),
      boundary: undefined,
      trust: options.trust ?? EC2_TRUST,
      description: options.description ?? "",
    };
    (kind === "role" ? this.roles : this.users).set(name, identity);
    return identity;
  }
}
