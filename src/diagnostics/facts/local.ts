/**
 * Facts about this computer: the way to AWS, the port, the tools (F23-F25).
 *
 * @module
 */

import type { PortOwner } from "../../platform/mod.ts";

/** How far a probe of one host came. */
export type ProbeOutcome =
  | { reached: true; connectMs: number; tlsMs: number | undefined }
  | {
    reached: false;
    stage: "permission" | "dns" | "tcp" | "tls" | "timeout";
    detail: string;
  };

/** F23: one service endpoint, tried from here. */
export interface ClientProbe {
  /** `ec2`, `ssm`, `ssmmessages`, `sts`, or `override` for an endpoint that is not AWS's. */
  service: "ec2" | "ssm" | "ssmmessages" | "sts" | "override";
  host: string;
  port: number;
  /** What the name resolved to. */
  addresses: readonly string[];
  outcome: ProbeOutcome;
  /** Who signed the certificate, as far as it is told; undefined without TLS. */
  issuer: string | undefined;
  /** The certificate is trusted, by an authority that is not one of the public ones. */
  isPrivateAuthority: boolean;
  /** The proxy that requests to this host go through. */
  proxy: string | undefined;
}

/** F24: the local port, tried. */
export interface PortProbe {
  port: number;
  /** Binding 127.0.0.1 and letting go again. */
  bind: "free" | "in_use" | "permission_denied" | "not_allowed_to_probe";
  /** Something answers a connection. */
  answersIpv4: boolean;
  answersIpv6: boolean;
  owner: PortOwner | undefined;
  /** The next port that could be bound, for the remediation. */
  nextFree: number | undefined;
}

/** A program that is looked for: its version text, or why there is none. */
export type ToolProbe =
  | { found: true; path: string | undefined; versionText: string }
  | { found: false; reason: "absent" | "not_allowed_to_probe" };

/** A file or folder that something of ours must write. */
export interface PathProbe {
  path: string;
  exists: boolean;
  writable: boolean | "not_allowed_to_probe";
  /** Permission bits, as `0o600`; undefined where the system has none. */
  mode: number | undefined;
  isOurs: boolean | undefined;
}

/** A `Host` entry of the ssh configuration whose name is one of ours. */
export interface SshHostEntry {
  host: string;
  file: string;
  isOurs: boolean;
}

/** F25. */
export interface LocalTools {
  ssh: ToolProbe;
  vscode: ToolProbe;
  /** `undefined` when no editor was found to ask. */
  vscodeRemoteSsh: boolean | undefined;
  plugin: ToolProbe;
  /** The configured transport needs session-manager-plugin. */
  usesPlugin: boolean;
  sshConfig: PathProbe;
  sshHosts: readonly SshHostEntry[];
  dataFolder: PathProbe;
}
