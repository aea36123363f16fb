/**
 * What probes from this computer tell: names, TCP, TLS, proxies.
 *
 * @module
 */

import type { Finding, Resource } from "../contracts.ts";
import type { Fact } from "../facts/fact.ts";
import type { ClientProbe, ProbeOutcome } from "../facts/local.ts";
import {
  critical,
  type FindingDetails,
  info,
  ok,
  unknown,
  unknownBecause,
  warning,
} from "../findings.ts";
import { isPrivateAddress } from "./addresses.ts";

/** TCP and TLS together, past this, is slow. */
export const SLOW_MS = 1500;

type Missed = Extract<ProbeOutcome, { reached: false }>;

export function clientFindings(fact: Fact<readonly ClientProbe[]>): Finding[] {
  if (fact.state !== "known") {
    // A diagnosis of the configuration alone probes nothing.
    if (fact.state === "failed" && fact.reason === "not_applicable") return [];
    return [
      unknownBecause(
        "CLIENT_NOT_PROBED",
        fact,
        "the way from this computer to AWS could not be tried",
      ),
    ];
  }
  const probes = fact.value;
  if (probes.length === 0) return [];
  const missed = probes.filter(({ outcome }) => !outcome.reached);
  const isOnlyMessages = probes.length > 1 && missed.length === 1 &&
    missed[0]!.service === "ssmmessages";
  return [
    ...(missed.length > 0
      ? missed.map((probe) => missedFinding(probe, isOnlyMessages))
      : [reachedFinding(probes)]),
    ...inspectedFindings(probes),
    ...proxyFindings(probes),
    ...privateFindings(probes),
    ...slowFindings(probes),
  ];
}

function reachedFinding(probes: readonly ClientProbe[]): Finding {
  const hosts = probes.map(({ host }) => host).join(", ");
  return ok("CLIENT_OK", `this computer reaches ${hosts}`, {
    evidence: {
      latency_ms: Object.fromEntries(probes.map((probe) => [probe.host, latencyMs(probe) ?? null])),
    },
  });
}

function missedFinding(probe: ClientProbe, isOnlyMessages: boolean): Finding {
  const outcome = probe.outcome as Missed;
  const { host, port } = probe;
  const details: FindingDetails = {
    resources: [hostResource(probe)],
    evidence: {
      host,
      port,
      stage: outcome.stage,
      detail: outcome.detail,
      addresses: [...probe.addresses],
      proxy: probe.proxy ?? null,
    },
  };
  if (outcome.stage === "permission") {
    return unknown(
      "CLIENT_PROBE_DENIED",
      "invalid_input",
      `this program may not connect to ${host}:${port}: its net permission does not hold it`,
      {
        ...details,
        remediation: [
          `Run it from source with --allow-net=${host}:${port}; the executable's permissions are ` +
          "fixed when it is compiled",
        ],
      },
    );
  }
  if (isOnlyMessages) {
    return critical(
      "CLIENT_SSMMESSAGES_BLOCKED",
      `${host} cannot be reached, the other services can: sessions start and then hang ` +
        `(${outcome.detail})`,
      {
        ...details,
        remediation: [
          `Let TCP 443 and WebSocket to ${host} through the firewall or proxy`,
          "The session's address is chosen by the service; AWS_ENDPOINT_URL_SSMMESSAGES sets another",
        ],
      },
    );
  }
  const via = probe.proxy === undefined ? "" : ` through the proxy ${probe.proxy}`;
  switch (outcome.stage) {
    case "dns":
      return critical("CLIENT_DNS_FAILED", `${host} has no address: ${outcome.detail}`, {
        ...details,
        remediation: [
          "Check the DNS servers and the VPN of this computer",
          "Check the Region's name: ec2-connect diagnose item --item region_match -i INSTANCE",
        ],
      });
    case "tcp":
    case "timeout":
      return critical(
        "CLIENT_TCP_BLOCKED",
        `${host}:${port} cannot be reached${via}: ${outcome.detail}`,
        {
          ...details,
          remediation: [
            `Let TCP ${port} to ${host} out of the firewall`,
            "Where only a proxy leads out, set HTTPS_PROXY",
          ],
        },
      );
    case "tls":
      return critical(
        "CLIENT_TLS_INTERCEPTED",
        `the certificate of ${host} is not trusted${via}: ${outcome.detail}`,
        {
          ...details,
          remediation: [
            "If your network inspects TLS, set AWS_CA_BUNDLE to its authority's certificate (PEM)",
            `Or have ${host} excluded from the inspection`,
          ],
        },
      );
    default:
      return outcome.stage satisfies never;
  }
}

function inspectedFindings(probes: readonly ClientProbe[]): Finding[] {
  return probes.filter(({ outcome, isPrivateAuthority }) => outcome.reached && isPrivateAuthority)
    .map((probe) =>
      warning(
        "CLIENT_TLS_INTERCEPTED",
        "medium",
        `the certificate of ${probe.host} is of a private authority` +
          (probe.issuer === undefined ? "" : ` (${probe.issuer})`) +
          ": your network inspects TLS, which may break WebSockets",
        {
          resources: [hostResource(probe)],
          evidence: { host: probe.host, issuer: probe.issuer ?? null },
          remediation: [
            "If sessions start and then hang, have *.amazonaws.com excluded from the inspection",
          ],
        },
      )
    );
}

function proxyFindings(probes: readonly ClientProbe[]): Finding[] {
  const proxied = probes.filter(({ proxy }) => proxy !== undefined);
  if (proxied.length === 0) return [];
  const proxies = [...new Set(proxied.map(({ proxy }) => proxy!))];
  return [
    warning("CLIENT_PROXY_IN_USE", "low", `requests go through the proxy ${proxies.join(", ")}`, {
      resources: proxies.map((id) => ({ type: "proxy", id })),
      evidence: { hosts: proxied.map(({ host }) => host) },
      remediation: [
        "Verify that the proxy lets WebSockets through, and long-lived connections",
        "Or take AWS out of it: NO_PROXY=.amazonaws.com",
      ],
    }),
  ];
}

function privateFindings(probes: readonly ClientProbe[]): Finding[] {
  const hosts = probes.filter(({ addresses }) => addresses.some(isPrivateAddress));
  if (hosts.length === 0) return [];
  return [
    info(
      "CLIENT_PRIVATE_RESOLUTION",
      `${hosts.map(({ host }) => host).join(", ")} has a private address: your network uses ` +
        "PrivateLink",
      { evidence: Object.fromEntries(hosts.map(({ host, addresses }) => [host, [...addresses]])) },
    ),
  ];
}

function slowFindings(probes: readonly ClientProbe[]): Finding[] {
  return probes.filter((probe) => (latencyMs(probe) ?? 0) > SLOW_MS).map((probe) =>
    warning(
      "CLIENT_SLOW",
      "low",
      `reaching ${probe.host} took ${latencyMs(probe)} ms`,
      {
        resources: [hostResource(probe)],
        evidence: { latency_ms: latencyMs(probe) ?? null },
        remediation: [
          "Expect slow sessions; try another network or VPN exit, or a nearer Region",
        ],
      },
    )
  );
}

function latencyMs({ outcome }: ClientProbe): number | undefined {
  return outcome.reached ? Math.round(outcome.connectMs + (outcome.tlsMs ?? 0)) : undefined;
}

function hostResource({ host }: ClientProbe): Resource {
  return { type: "host", id: host };
}
